/*  broker.h: the port to a stock broker: calls for any number of accounts, and the trading stream of one.
 *
 *  Implementations: broker/alpaca. An implementation never blocks, never repeats a call by itself (P3), owns its
 *  accounts' credentials in locked memory only (storage/vault.h's arena, handed in as bytes and wiped by the caller
 *  after broker_account_open returns), and answers every call exactly once, on the loop's thread, never from inside
 *  broker_call.
 */
#ifndef BROKER_H
#define BROKER_H

#include "messages/call.h"
#include "messages/error.h"

typedef struct broker broker_t;

/*  answer and what it points to are valid during the call only. */
typedef void (broker_answer_fn) (void *context, const broker_answer_t *answer);

/*  states as in actors/actor.h stream_phase_t, in the same order */
typedef enum {
    BROKER_STREAM_DOWN,
    BROKER_STREAM_CONNECTED,
    BROKER_STREAM_AUTHORIZED,
    BROKER_STREAM_LISTENING,
    BROKER_STREAM_REFUSED, /*  the handshake was answered 429 or 5xx; reason says which */
    BROKER_STREAM_BAD_KEYS
} broker_stream_state_t;
typedef void (broker_stream_fn) (void *context, broker_stream_state_t state, const char *reason);
typedef void (broker_update_fn) (void *context, const trade_update_t *update);

typedef struct {
    const char *key_id; /*  borrowed */
    const char *secret;
} broker_keys_t;

typedef struct {
    void (*destroy) (broker_t **self_p);
    /*  Keys for a slot (0 .. max_accounts - 1); replaces what it held. -ERR_RANGE, -ERR_MEMORY. */
    int (*account_open) (broker_t *self, uint32_t account, const broker_keys_t *keys);
    void (*account_close) (broker_t *self, uint32_t account);
    /*  0, or -ERR_RANGE (no such slot), -ERR_FULL (too many calls under way): then no answer comes. */
    int (*call) (broker_t *self, const broker_call_t *call);
    /*  Calls under way (a clean stop waits for 0). */
    size_t (*pending) (const broker_t *self);
    /*  One attempt to connect the account's stream, authenticate, await the answer, listen; the caller decides when
     *  to try again after DOWN, REFUSED or BAD_KEYS. */
    int (*stream_open) (broker_t *self, uint32_t account);
    void (*stream_close) (broker_t *self, uint32_t account);
} broker_ops_t;

/*  Every implementation's struct begins with this. */
struct broker {
    const broker_ops_t *ops;
};

#endif
