import pg from 'pg';

/** Of Node's codes, those of a certificate that is not believed: SELF_SIGNED_CERT_IN_CHAIN, UNABLE_TO_VERIFY_LEAF_SIGNATURE, CERT_HAS_EXPIRED… */
const CERTIFICATE = /CERT|LEAF_SIGNATURE/;

/** A client that says what to do when the server's certificate is not believed, since OpenSSL's words do not. */
export class ExplainingClient extends pg.Client {
  override connect(): Promise<this>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<this> | void {
    // pg hands its callback null where there is no error, whatever its types say.
    if (callback !== undefined) return super.connect((error: Error) => callback(error && explained(error)));
    return super.connect().then(
      () => this,
      (error: Error) => Promise.reject(explained(error)),
    );
  }
}

function explained(error: Error): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || !CERTIFICATE.test(code)) return error;
  return new Error(
    `PostgreSQL's certificate is not trusted (${error.message}): name its authority by sslrootcert in DATABASE_URL, and the host as the certificate does`,
    { cause: error },
  );
}
