/* SPDX-License-Identifier: Apache-2.0
 *
 * An ICE agent for one flow of datagrams (one component of one stream, which is all a peer
 * connection with BUNDLE and rtcp-mux has): finds a pair of addresses that works, and watches that
 * it goes on working. Full, both roles, trickling, IPv4 and IPv6.
 *
 * Pure: the caller gives time and datagrams, and gets datagrams through `send`, which is called
 * from inside these functions and must not call back. What has changed is asked for after each of
 * them: sn_ice_state(), sn_ice_route(), sn_ice_due(). Memory is the caller's struct alone.
 * One thread at a time.
 *
 * Sources: RFC 8445 (ICE), 8838 (trickling), 7675 (consent), 8863 (patience). Restarts are not
 * there: no SDK asks for them; who wants one makes a new agent.
 */
#ifndef SN_WIRE_ICE_ICE_H
#define SN_WIRE_ICE_ICE_H

#include "wire/ice/candidate.h"
#include "wire/ice/stun.h"

/* What a peer can make an agent hold. A browser sends some ten candidates. */
enum { SN_ICE_LOCAL_MAX = 16, SN_ICE_REMOTE_MAX = 32, SN_ICE_PAIRS_MAX = 64 };

enum {
    SN_ICE_UFRAG_LEN = 8,     /* ours; three of them the label, then 30 bits of chance */
    SN_ICE_PASSWORD_LEN = 24, /* ours; 144 bits */
    SN_ICE_SECRET_MAX = 256,  /* theirs; RFC 8839, 5.4 */
};

struct sn_ice;

struct sn_ice_config {
    bool controlling; /* the offerer is, as a rule */
    /* Of several agents on one socket: what is meant for this one bears it; see sn_ice_label(). */
    uint16_t label;
    /* Bytes nobody can guess (sn_random_secret), or, in a simulation, those of a seed. */
    void (*random)(void *owner, void *bytes, size_t len);
    /* Hands out a datagram: from that local candidate to that address. */
    void (*send)(void *owner, unsigned local, const struct sn_ip *remote, const void *bytes,
                 size_t len);
    void *owner;
    uint64_t patience_ns; /* from the start until a first answer, else FAILED */
    uint64_t consent_ns;  /* without an answer on the route until FAILED; RFC 7675: 30 s */
};

enum sn_ice_state {
    SN_ICE_CHECKING,
    SN_ICE_CONNECTED,    /* there is a route */
    SN_ICE_DISCONNECTED, /* there is one, but nothing has been answered for SN_ICE_SILENCE_NS */
    SN_ICE_FAILED,       /* for good: nothing is sent and nothing taken any more */
};

/* Times the protocol works by. */
#define SN_ICE_PACE_NS UINT64_C(5000000)    /* Ta, between new checks; RFC 8445, 14.2: >= 5 ms */
#define SN_ICE_RETRY_NS UINT64_C(500000000) /* first retransmission; 14.3 */
#define SN_ICE_RETRY_MAX_NS UINT64_C(1000000000) /* ... the doubling ends here */
#define SN_ICE_NOMINATE_NS UINT64_C(100000000)   /* that better pairs have to come up */
#define SN_ICE_CONSENT_NS                                                                          \
    UINT64_C(2000000000)                       /* between requests on the route, as pion does: its \
                                                  peers give up after 5 s of silence */
#define SN_ICE_DOUBT_NS UINT64_C(2500000000)   /* of silence, then other pairs are tried again */
#define SN_ICE_SILENCE_NS UINT64_C(5000000000) /* as pion */
enum { SN_ICE_SENDS_MAX = 20 };                /* of a check, then its pair has failed */

/* ---- inside; for ice*.c and tests ---- */

/* Freezing (6.1.2.6) isn't there: with one component, pairs of one foundation are hardly ever more
 * than one. */
enum sn_ice_pair_state {
    SN_ICE_UNUSED,
    SN_ICE_WAITING,
    SN_ICE_IN_PROGRESS,
    SN_ICE_SUCCEEDED,
    SN_ICE_PAIR_FAILED,
};

struct sn_ice_pair {
    uint64_t priority;
    uint64_t due_ns;      /* of the next retransmission */
    uint64_t answered_ns; /* when it last was; 0: never */
    uint32_t turn;        /* place in the queue of triggered checks; 0: not in it */
    uint8_t id[SN_STUN_ID_LEN];
    uint8_t local, remote; /* indices */
    uint8_t state;         /* enum sn_ice_pair_state */
    uint8_t sends;         /* of this transaction */
    bool nominating;       /* the request under way carries USE-CANDIDATE */
    bool was_controlling;  /* when it was sent */
    bool named;            /* the other side sent USE-CANDIDATE on it */
};

struct sn_ice_remote {
    struct sn_ip address;
    uint32_t priority;
    bool signaled; /* not only learned from a check */
};

enum { SN_ICE_CONSENTS = 4 }; /* requests on the route whose answers still count */

struct sn_ice {
    struct sn_ice_config config;
    char ufrag[SN_ICE_UFRAG_LEN + 1], password[SN_ICE_PASSWORD_LEN + 1];
    char remote_ufrag[SN_ICE_SECRET_MAX + 1], remote_password[SN_ICE_SECRET_MAX + 1];
    uint64_t tie_breaker;
    struct sn_candidate local[SN_ICE_LOCAL_MAX];
    struct sn_ice_remote remote[SN_ICE_REMOTE_MAX];
    struct sn_ice_pair pairs[SN_ICE_PAIRS_MAX];
    uint8_t local_count, remote_count;
    uint8_t state;
    bool controlling, started;
    struct sn_ice_pair *selected;   /* the route once it is nominated */
    struct sn_ice_pair *nominating; /* the pair being nominated */
    uint32_t last_turn;
    uint64_t now_ns, started_ns;
    uint64_t pace_ns;  /* when the next check may begin */
    uint64_t valid_ns; /* when the first pair was answered; 0: none */
    uint64_t again_ns; /* when the others are tried again, while the route is silent */
    uint64_t consent_due_ns;
    struct {
        uint8_t id[SN_STUN_ID_LEN];
        struct sn_ice_pair *pair;
    } consents[SN_ICE_CONSENTS]; /* the last requests on the route */
    uint32_t consents_sent;
    uint64_t refused; /* requests that were not authentic */
};

/* ---- for users ---- */

/* Draws ufrag, password and tie-breaker. */
void sn_ice_init(struct sn_ice *ice, const struct sn_ice_config *config);

/* Adds a host address of ours and pairs it with what is known. Its number, for `send` and
 * sn_ice_receive(), or RESOURCE_EXHAUSTED. `preference` orders ours, larger first. An address that
 * is there already gets its old number. */
int sn_ice_add_local(struct sn_ice *ice, const struct sn_ip *address, uint16_t preference)
    SN_MUST_USE;

/* The number of a local candidate with that address, or -1. */
int sn_ice_find_local(const struct sn_ice *ice, const struct sn_ip *address);

/* What the other side's description says; checks begin. INVALID_ARGUMENT for a user fragment
 * shorter than 4 or a password shorter than 22 characters, or either longer than
 * SN_ICE_SECRET_MAX; FAILED_PRECONDITION when others are set already (that would be a restart). */
int sn_ice_set_remote(struct sn_ice *ice, uint64_t now_ns, struct sn_str ufrag,
                      struct sn_str password) SN_MUST_USE;

/* Changes the role: the other side is ICE-lite, and never controls. */
void sn_ice_set_role(struct sn_ice *ice, bool controlling);

/* Adds a candidate of the other side, before or after sn_ice_set_remote(). Those that are known,
 * of no use (unspecified or multicast addresses) or beyond SN_ICE_REMOTE_MAX are passed over. */
void sn_ice_add_remote(struct sn_ice *ice, const struct sn_candidate *candidate);

/* What a datagram was. */
enum sn_ice_received {
    SN_ICE_NOT_STUN, /* the caller's business (and no sign that the other side consents) */
    SN_ICE_DROPPED,
    SN_ICE_AUTHENTIC, /* STUN of somebody who knows a password: its address is the other side's */
};

/* Takes a datagram that arrived at local candidate `local`. */
enum sn_ice_received sn_ice_receive(struct sn_ice *ice, uint64_t now_ns, unsigned local,
                                    const struct sn_ip *remote, const void *bytes, size_t len);

/* Whether a datagram is a request of somebody who knows our password; changes nothing. To be asked
 * before the address it came to is added as ours. */
bool sn_ice_knows(const struct sn_ice *ice, const void *bytes, size_t len);

/* Does what is due. */
void sn_ice_tick(struct sn_ice *ice, uint64_t now_ns);

/* When sn_ice_tick() has something to do next; UINT64_MAX: not before something else happens.
 * To be asked after each of the functions above. */
uint64_t sn_ice_due(const struct sn_ice *ice);

enum sn_ice_state sn_ice_state(const struct sn_ice *ice);

/* The way data goes now: the nominated pair, before there is one the best that works. False when
 * there is none. */
bool sn_ice_route(const struct sn_ice *ice, unsigned *ret_local, struct sn_ip *ret_remote);

/* Which agent STUN is meant for: requests name it in their user fragment, answers by the number of
 * the request. False for anything else, and for requests to nobody here. */
bool sn_ice_label(const void *bytes, size_t len, uint16_t *ret_label);

#endif
