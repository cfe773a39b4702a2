// Every bound of the gate, with its reason. A user's share is charged to the uid of SO_PEERCRED.
#ifndef MLGATE_LIMITS_H
#define MLGATE_LIMITS_H

#define KIB 1024
#define MIB (1024 * KIB)

// One octet-counted frame of mlrun, without its count: WIRE_LIMITS.maxFrameBytes.
#define MAX_FRAME_BYTES 7680
// Digits of MAX_FRAME_BYTES: a longer octet count belongs to no frame of mlrun.
#define MAX_COUNT_DIGITS 4
// JSON of BEGIN: the envelope's head takes up to 500 octets more, and a site's rsyslogd cuts silently at 8 KiB.
#define MAX_JSON_BYTES 7500
// Deeper than any BEGIN: the object and one array or object in it. The parser is recursive.
#define MAX_JSON_DEPTH 4
// "B ", 26 characters, a space, 22 characters, a space, 4 digits, a line feed.
#define MAX_BEGIN_HEAD_BYTES 57
// Size of a read before BEGIN is known, including frames that follow it at once.
#define MAX_BEGIN_READ_BYTES (8 * KIB)
// "7600 <134>1 - - UID PID GID - ": three numbers of at most 10 digits.
#define MAX_BEGIN_ENVELOPE_BYTES 64

// One read of lines. Larger than a default Linux socket buffer: one read empties it, at the lowest cost per line.
#define READ_BYTES (256 * KIB)
// A read goes after the remainder of the previous one: less than one frame with its count.
#define SCRATCH_BYTES (READ_BYTES + 2 * MAX_BEGIN_READ_BYTES)

// Connections of a user unless --connections-per-user says otherwise: each is an mlrun.
#define USER_CONNECTIONS 1000
// Where the process has few descriptors, a user gets at most this part of all connections.
#define LEAST_SHARES 4
// A user's unsent frames, half frames and waiting BEGINs. Above this its connections are not read; half frames end.
#define USER_HELD_BYTES (4 * MIB)
// All users together; above this each one's share is USER_LEAST_BYTES. The unit's MemoryMax= leaves room for both.
#define ALL_HELD_BYTES (128 * MIB)
#define USER_LEAST_BYTES (64 * KIB)
// Users with a connection, or with BEGINs in the last seconds.
#define MAX_USERS 4096
#define USER_BUCKETS 1024
// Users in one range of 65,536 uids, the size of a user's subordinate range (subuid(5)): further ones share one entry.
// So a user with a range or two unknown to the gate cannot take all entries.
#define USERS_PER_RANGE 512
#define RANGE_BITS 16
#define UID_RANGES 65536

// Ranges and octets read from /etc/subuid. Beyond this each uid has its own share.
#define MAX_RANGES 4096
#define MAX_SUBUID_BYTES (256 * KIB)

// BEGINs of a user, unless --begins-per-second says otherwise: as many as a node starts processes; and a job array that
// starts at once. Others wait with their connections: each is journaled, and stays on the collector.
#define BEGINS_PER_SECOND 400
#define MAX_BEGINS_PER_SECOND 100000
#define BURST_SECONDS 10
// BEGINs of one user in a round: other users' BEGINs go in the same round.
#define BEGINS_PER_ROUND 8
// The gate's report on itself to the relay: a few numbers.
#define MAX_REPORT_BYTES 512
// Octets of a round: below the socket buffer of rsyslogd's end, so that a round is one write and one read.
#define ROUND_BYTES (64 * KIB)

// Users with a large read (see SMALL_BYTES) in the relay at a time. imptcp has sixteen threads for all users, and a thread
// stays with a connection until it is empty. So four remain for BEGIN and the proof.
#define LARGE_USERS 2
// Octets that a connection may have unread in the relay without waiting for its turn: one frame.
#define SMALL_BYTES (8 * KIB)
// Connections with no more than that in the relay at a time: of a user, and of all.
#define SMALL_CONNECTIONS 8
#define ALL_SMALL_CONNECTIONS 10

// Time for the whole BEGIN, and for the rest of a frame, unless --rest-within-ms says otherwise: mlrun writes each at
// once.
#define HALF_DONE_MS 10000
#define MAX_HALF_DONE_MS 600000
// Files in one message between processes: SCM_MAX_FD of the kernel, unix(7).
#define MAX_PASSED_FILES 253
// Files that clients passed, collected until they are given away, once in each turn of the loop: passed.h.
#define MAX_COLLECTED 512
// What an ended client had sent is searched for files in pieces of this size; a socket buffer holds 208 KiB by default.
#define UNREAD_BYTES (16 * KIB)
// Descriptors not used for connections: listener, epoll, signals, proof, round, status file, standard streams, and what
// is collected, with one message on top.
#define OTHER_DESCRIPTORS (32 + MAX_COLLECTED + MAX_PASSED_FILES)
// A connection for each of the least shares.
#define LEAST_DESCRIPTORS (OTHER_DESCRIPTORS + 2 * LEAST_SHARES)
// Most descriptors used, whatever the process's limit: 64,000 connections, and a table of 4 MiB.
#define MAX_DESCRIPTORS 131072
// Connections that may wait to be accepted; net.core.somaxconn is 4096 by default.
#define LISTEN_BACKLOG 4096
// Connections accepted and events handled in one turn of the loop, up to 15 us each. A BEGIN takes about eight turns,
// so a user who connects and closes without pause must not make them long. Both are equal: while the queue of
// connections is full, the kernel refuses everybody.
#define ACCEPTS_PER_TURN 32
#define EVENTS_PER_TURN 32

// How often the loop checks for overdue work; the shorter ones while BEGINs wait for their bucket, or lines for a turn.
#define TICK_MS 1000
#define SOON_MS 20
// How often the metrics file is written, and a report sent to the relay.
#define REPORT_EVERY_MS 10000
// The same problem is logged again after this time.
#define TELL_AGAIN_AFTER_MS 600000

#endif
