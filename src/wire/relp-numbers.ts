/** Most digits of TXNR and of LENGTH (https://github.com/rsyslog/librelp/blob/master/doc/relp.html). */
export const MAX_RELP_DIGITS = 9;

/** TXNR counts commands from 1 and starts again after this one. */
export const MAX_TXNR = 999_999_999;
