import { describeUsable } from './console/usable-by-everyone.js';

describeUsable('configuring');
