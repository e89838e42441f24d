// Preloaded into a service (`node --import`): its wall clock is E2E_CLOCK_SKEW_MS off, as on a host whose clock is wrong.
const skewMs = Number(process.env.E2E_CLOCK_SKEW_MS ?? 0);
const RealDate = Date;
const realNow = RealDate.now.bind(RealDate);

globalThis.Date = class Date extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(realNow() + skewMs);
    else super(...args);
  }
  static now() {
    return realNow() + skewMs;
  }
};
