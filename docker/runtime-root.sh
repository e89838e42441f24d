#!/bin/sh
# Assembles the root file system that the services run in: Node, the shared libraries it needs, name resolution, time zones, one user.
# Nothing else: no shell, no package manager. Usage: runtime-root.sh DIRECTORY [NODE], on a glibc Linux.
set -eu
root=$1
node=$(readlink -f "${2:-$(command -v node)}")

mkdir -p "$root/usr/local/bin" "$root/etc" "$root/tmp" "$root/usr/share"
cp "$node" "$root/usr/local/bin/node"
# What the dynamic linker loads, each where it looks for it, the linker itself among them.
ldd "$node" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
# glibc loads these only once a name is looked up.
libc=$(ldd "$node" | awk '$1 == "libc.so.6" { print $3 }')
for library in libnss_dns.so.2 libnss_files.so.2 libresolv.so.2; do
  [ ! -e "$(dirname "$libc")/$library" ] || cp -L "$(dirname "$libc")/$library" "$root$(dirname "$libc")/$library"
done
[ ! -d /usr/share/zoneinfo ] || cp -R /usr/share/zoneinfo "$root/usr/share/"
echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
echo 'ringback:x:10001:10001::/app:/nonexistent' > "$root/etc/passwd"
echo 'ringback:x:10001:' > "$root/etc/group"
chmod 1777 "$root/tmp"
