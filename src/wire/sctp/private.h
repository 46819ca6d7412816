/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the engine share: an association's state and how its parts call each other.
 *
 *   sctp.c      life: making, ending, packets in, time
 *   handshake.c INIT to COOKIE ACK, the ways to the end
 *   send.c      the queue of messages to be sent
 *   ack.c       what SACKs say of it: round trips, losses, the congestion window
 *   output.c    packets out
 *   receive.c   DATA, gaps, reassembly, FORWARD-TSN, our SACKs
 *   reset.c     RE-CONFIG
 *   store.c     memory for chunks
 */
#ifndef SN_WIRE_SCTP_PRIVATE_H
#define SN_WIRE_SCTP_PRIVATE_H

#include "sinew/timers.h"
#include "wire/sctp/sctp.h"

/* ---- the format ---- */

enum {
    SCTP_HEADER_LEN = 12,
    SCTP_CHUNK_HEADER = 4,
    SCTP_DATA_HEADER = 16, /* chunk header included */
    SCTP_DATA_MAX = SN_SCTP_MTU - SCTP_HEADER_LEN - SCTP_DATA_HEADER,
};

enum sctp_type {
    SCTP_DATA = 0,
    SCTP_INIT = 1,
    SCTP_INIT_ACK = 2,
    SCTP_SACK = 3,
    SCTP_HEARTBEAT = 4,
    SCTP_HEARTBEAT_ACK = 5,
    SCTP_ABORT = 6,
    SCTP_SHUTDOWN = 7,
    SCTP_SHUTDOWN_ACK = 8,
    SCTP_ERROR = 9,
    SCTP_COOKIE_ECHO = 10,
    SCTP_COOKIE_ACK = 11,
    SCTP_SHUTDOWN_COMPLETE = 14,
    SCTP_RECONFIG = 130,
    SCTP_FORWARD_TSN = 192,
};

/* DATA */
enum { SCTP_END = 1, SCTP_BEGIN = 2, SCTP_UNORDERED = 4, SCTP_IMMEDIATE = 8 };

/* ABORT, SHUTDOWN COMPLETE: the tag is the receiver's own */
enum { SCTP_REFLECTED = 1 };

static inline uint16_t sctp_get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t sctp_get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint8_t *sctp_put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static inline uint8_t *sctp_put32(uint8_t *at, uint32_t value)
{
    return sctp_put16(sctp_put16(at, (uint16_t)(value >> 16)), (uint16_t)value);
}

/* Lengths with padding. */
static inline size_t sctp_padded(size_t len)
{
    return (len + 3) & ~(size_t)3;
}

/* Serial numbers. Source: RFC 1982. */
static inline bool sctp_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

/* A chunk, or a parameter within one: type, flags (chunks only) and what is behind the header. */
struct sctp_part {
    uint16_t type;
    uint8_t flags;
    const uint8_t *value;
    size_t len; /* of the value */
};

/* Takes the next one off the front of `bytes`; false at the end or where it is cut. */
bool sctp_next_chunk(struct sn_str *bytes, struct sctp_part *ret_chunk);
bool sctp_next_param(struct sn_str *bytes, struct sctp_part *ret_param);

/* What belongs into a packet of at least a header: bytes 8 to 11, as sctp_put32() writes it; what
 * is there now doesn't matter. */
uint32_t sctp_checksum(const uint8_t *packet, size_t len);

/* ---- memory ---- */

struct sctp_block;

/* A DATA chunk that waits to be sent, acknowledged or delivered. */
struct sctp_chunk {
    struct sctp_chunk *next;
    struct sctp_block *block;
    uint64_t sent_ns;
    uint32_t tsn, ppid;
    uint16_t stream, ssn, len;
    uint8_t flags;
    uint8_t state;  /* enum sctp_chunk_state */
    uint8_t sent;   /* how often, 255 at most */
    uint8_t misses; /* SACKs that told of later ones */
};

/* Its `len` bytes, behind it. */
static inline uint8_t *sctp_bytes(struct sctp_chunk *chunk)
{
    return (uint8_t *)(chunk + 1);
}

enum sctp_chunk_state {
    SCTP_CHUNK_FLYING,    /* sent, or not sent yet */
    SCTP_CHUNK_ACKED,     /* in a gap block: the peer may still forget it */
    SCTP_CHUNK_LOST,      /* to be sent again */
    SCTP_CHUNK_DELIVERED, /* received, in front of a gap, and passed on */
};

struct sctp_queue {
    struct sctp_chunk *first, *last;
};

/* Chunks of any size, packed into blocks; a block goes back when its last chunk has. */
struct sctp_store {
    struct sn_block_pool *pool;
    struct sctp_block *filling;
    uint32_t blocks, blocks_max;
};

void sctp_store_init(struct sctp_store *store, struct sn_block_pool *pool, size_t bytes_max);
/* NULL at the cap or without memory. */
struct sctp_chunk *sctp_store_take(struct sctp_store *store, const uint8_t *bytes, size_t len);
void sctp_store_put(struct sctp_store *store, struct sctp_chunk *chunk);

void sctp_queue_append(struct sctp_queue *queue, struct sctp_chunk *chunk);
struct sctp_chunk *sctp_queue_pop(struct sctp_queue *queue);
void sctp_queue_clear(struct sctp_queue *queue, struct sctp_store *store);

/* ---- the association ---- */

/* Packets with data that leave in one go: a socket's buffer holds as many, and more than the RFC's
 * four make sending worth its while. */
enum { SCTP_BURST_MAX = 32 };

/* Chunks behind a gap: what a peer can make us search through, and how many steps of that for one
 * packet of its. */
enum { SCTP_EARLY_MAX = 2048, SCTP_STEPS_MAX = 4 * SCTP_EARLY_MAX };

/* Bytes of one chunk that a block of memory holds: what larger ones a peer's own path may take. */
enum { SCTP_EARLY_LEN_MAX = 3800 };

/* Chunks that are not acknowledged: what each of its SACKs can make us look at. */
enum { SCTP_SENT_MAX = 4096 };

/* Told in one SACK. */
enum { SCTP_DUPLICATES_MAX = 8 };

enum sctp_state {
    SCTP_WAITING, /* "closed" of the RFC: nothing has begun */
    SCTP_COOKIE_WAIT,
    SCTP_COOKIE_ECHOED,
    SCTP_ESTABLISHED,
    SCTP_SHUTDOWN_PENDING,
    SCTP_SHUTDOWN_SENT,
    SCTP_SHUTDOWN_RECEIVED,
    SCTP_SHUTDOWN_ACK_SENT,
    SCTP_DEAD,
};

/* Chunks to be sent at the next output. */
enum sctp_want {
    SCTP_WANT_INIT = 1 << 0,
    SCTP_WANT_INIT_ACK = 1 << 1,
    SCTP_WANT_COOKIE_ECHO = 1 << 2,
    SCTP_WANT_COOKIE_ACK = 1 << 3,
    SCTP_WANT_SACK = 1 << 4,
    SCTP_WANT_HEARTBEAT = 1 << 5,
    SCTP_WANT_HEARTBEAT_ACK = 1 << 6,
    SCTP_WANT_RESET = 1 << 7,
    SCTP_WANT_RESET_ANSWER = 1 << 8,
    SCTP_WANT_SHUTDOWN = 1 << 9,
    SCTP_WANT_SHUTDOWN_ACK = 1 << 10,
    SCTP_WANT_SHUTDOWN_COMPLETE = 1 << 11,
    SCTP_WANT_ABORT = 1 << 12,
};

/* Peer-supplied bytes that are sent back. */
enum { SCTP_COOKIE_MAX = SN_SCTP_MTU - SCTP_HEADER_LEN - SCTP_CHUNK_HEADER, SCTP_ECHO_MAX = 256 };

/* What an INIT or INIT ACK says of the peer. */
struct sctp_hello {
    uint32_t tag, window, tsn;
    uint16_t streams_out, streams_in;
    bool can_reset;
};

enum sctp_timer {
    SCTP_T_HANDSHAKE,
    SCTP_T_DATA,
    SCTP_T_SACK,
    SCTP_T_RESET,
    SCTP_T_LIFE,
    SCTP_TIMERS
};

enum sctp_stream_flag {
    SCTP_STREAM_RESET_WANTED = 1,
    SCTP_STREAM_RESET_ASKED = 2, /* part of the request that is out */
};

struct sctp_stream {
    uint16_t next_out, next_in; /* sequence numbers */
    uint32_t unsent;            /* chunks without a TSN yet */
    uint8_t flags;
};

struct sn_sctp {
    struct sn_sctp_config config;
    const struct sn_sctp_events *events;
    void *owner;
    uint8_t state;
    uint16_t want;
    uint64_t due_ns[SCTP_TIMERS]; /* SN_SCTP_NEVER: not running */
    uint32_t errors;              /* timeouts since the peer was last heard of in time */
    struct sn_sctp_stats stats;   /* counters; the rest is filled in when asked for */

    /* Handshake */
    uint32_t tag, peer_tag;
    struct sctp_hello caller; /* whom an INIT ACK goes to */
    struct sn_block *cookie;  /* the peer's, while it is being sent back */
    uint16_t cookie_len;
    bool can_reset;
    uint16_t streams_out, streams_in;
    struct sctp_stream *streams; /* config.streams */

    /* Sending */
    struct sctp_store out;
    struct sctp_queue unsent, sent; /* sent: by TSN */
    uint32_t next_tsn, acked_tsn;   /* acked: all up to this */
    uint32_t unsent_bytes, sent_bytes, flight;
    uint32_t sent_count, lost; /* chunks */
    uint32_t peer_window;
    uint32_t cwnd, ssthresh, partial_acked;
    uint32_t recovery_tsn; /* fast recovery lasts until this is acknowledged */
    uint8_t burst;         /* packets of data that may leave before the next input */
    bool recovering;
    bool probing;    /* what was sent last is more than the peer has room for */
    bool resend_now; /* the first packet of fast retransmit passes the window */
    uint64_t srtt_ns, rttvar_ns, rto_ns, last_data_ns;

    /* Receiving */
    struct sctp_store in;
    uint32_t received_tsn;   /* all up to this */
    struct sctp_queue early; /* behind a gap, by TSN */
    uint32_t early_count, early_bytes;
    uint32_t steps;           /* of searching, for this packet */
    struct sn_block *partial; /* the message being put together */
    uint32_t partial_len;
    struct sctp_chunk partial_head; /* of its first chunk */
    bool in_message, skipping;      /* skipping: until a message begins */
    bool new_data, sacked;          /* in this packet */
    uint32_t uncredited;
    uint32_t told_window; /* in the last SACK */
    uint8_t unacked;      /* packets with DATA since */
    uint8_t duplicate_count;
    uint32_t duplicates[SCTP_DUPLICATES_MAX];

    /* RE-CONFIG */
    uint32_t reset_seq, reset_tsn; /* of our request */
    bool reset_out;                /* it is on its way */
    bool reset_wanted;             /* by some stream that isn't part of it */
    uint32_t peer_reset_seq;       /* expected next */
    uint32_t answer_seq, answer_result;

    /* Liveness */
    uint64_t heard_ns, heartbeat_ns, heartbeat_nonce;
    bool heartbeat_out;
    uint8_t echo_len;
    uint8_t echo[SCTP_ECHO_MAX - 1];
};

static inline bool sctp_is_up(const struct sn_sctp *sctp)
{
    return sctp->state >= SCTP_ESTABLISHED && sctp->state < SCTP_DEAD;
}

/* ---- sctp.c ---- */

void sctp_arm(struct sn_sctp *sctp, enum sctp_timer timer, uint64_t due_ns);
static inline void sctp_disarm(struct sn_sctp *sctp, enum sctp_timer timer)
{
    sctp_arm(sctp, timer, SN_SCTP_NEVER);
}

/* The end; `cause` is static. */
void sctp_die(struct sn_sctp *sctp, const char *cause);
/* ... telling the peer. */
void sctp_abort(struct sn_sctp *sctp, const char *cause);
/* A timer ran out: slower from now on; true when that was once too often and all is over. */
bool sctp_back_off(struct sn_sctp *sctp);

/* ---- handshake.c ---- */

void sctp_on_init(struct sn_sctp *sctp, const struct sctp_part *chunk);
void sctp_on_init_ack(struct sn_sctp *sctp, const struct sctp_part *chunk, uint64_t now_ns);
void sctp_on_cookie_echo(struct sn_sctp *sctp, const struct sctp_part *chunk, uint64_t now_ns);
void sctp_on_cookie_ack(struct sn_sctp *sctp, uint64_t now_ns);
void sctp_on_shutdown(struct sn_sctp *sctp, const struct sctp_part *chunk, uint64_t now_ns);
void sctp_on_shutdown_ack(struct sn_sctp *sctp);
void sctp_on_shutdown_complete(struct sn_sctp *sctp);
void sctp_on_handshake_timeout(struct sn_sctp *sctp, uint64_t now_ns);
/* All is acknowledged: the next step of a shutdown that waited for it. */
void sctp_shutdown_step(struct sn_sctp *sctp, uint64_t now_ns);
/* The values of INIT and INIT ACK, and of COOKIE ECHO; what was written. */
size_t sctp_write_init(const struct sn_sctp *sctp, uint8_t *value);
size_t sctp_write_init_ack(const struct sn_sctp *sctp, uint8_t *value);

/* ---- ack.c ---- */

void sctp_on_sack(struct sn_sctp *sctp, const struct sctp_part *chunk, uint64_t now_ns);
/* All up to `tsn` has arrived there, as SHUTDOWN says; false: can't be. */
bool sctp_ack_up_to(struct sn_sctp *sctp, uint32_t tsn, uint64_t now_ns);
void sctp_measured(struct sn_sctp *sctp, uint64_t rtt_ns);
void sctp_on_data_timeout(struct sn_sctp *sctp, uint64_t now_ns);

/* ---- send.c ---- */

/* The chunk to send next, if any may be sent now. */
struct sctp_chunk *sctp_sendable(struct sn_sctp *sctp);
/* It is in a packet. */
void sctp_sent(struct sn_sctp *sctp, struct sctp_chunk *chunk, uint64_t now_ns);

/* ---- receive.c ---- */

void sctp_on_data(struct sn_sctp *sctp, const struct sctp_part *chunk);
void sctp_on_forward_tsn(struct sn_sctp *sctp, const struct sctp_part *chunk);
/* After a packet with DATA: whether to answer at once. */
void sctp_data_received(struct sn_sctp *sctp, uint64_t now_ns);
uint32_t sctp_window(const struct sn_sctp *sctp);
/* The value of our SACK, `room` bytes at most, with as many gaps as fit. */
enum { SCTP_SACK_LEN_MIN = SCTP_CHUNK_HEADER + 12 };
size_t sctp_write_sack(struct sn_sctp *sctp, uint8_t *value, size_t room);

/* ---- reset.c ---- */

/* Bytes of an answer and of a request, and streams in one request at most. */
enum {
    SCTP_RESET_ANSWER_LEN = 12,
    SCTP_RESET_STREAMS_MAX = 64,
    SCTP_RESET_LEN_MAX = 16 + 2 * SCTP_RESET_STREAMS_MAX,
};

void sctp_on_reconfig(struct sn_sctp *sctp, const struct sctp_part *chunk);
void sctp_on_reset_timeout(struct sn_sctp *sctp, uint64_t now_ns);
/* Makes a request of the streams that are wanted and have nothing unsent, unless one is out. */
void sctp_reset_step(struct sn_sctp *sctp, uint64_t now_ns);
size_t sctp_write_reset(struct sn_sctp *sctp, uint8_t *value);
size_t sctp_write_reset_answer(struct sn_sctp *sctp, uint8_t *value);

#endif
