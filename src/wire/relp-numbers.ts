/** Digits of TXNR and of LENGTH, at most (https://github.com/rsyslog/librelp/blob/master/doc/relp.html). */
export const MAX_RELP_DIGITS = 9;

/** TXNR counts commands from 1 on, and after this one begins anew. */
export const MAX_TXNR = 999_999_999;
