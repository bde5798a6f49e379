/*  id_proof.c: one question after the other, each waiting for its answer. */
#include "scripts/commands/id_proof.h"

#include "messages/fixed.h"
#include "scripts/commands/broker_loop.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LOOKS 50 /*  at an order until it is at its end */
#define LOOK_MS 200

typedef struct {
    broker_loop_t on;
    const char *account_id;
    const char *symbol;
    uint64_t timeout_ms;
    bool answered;
    broker_answer_t answer; /*  of the last call; its arrays are not kept */
    char prefix[32];        /*  of this run's ids */
    problem_t *problem;
} proof_run_t;

static void on_answer (void *context, const broker_answer_t *answer)
{
    proof_run_t *self = context;
    self->answer = *answer;
    self->answered = true;
    broker_loop_done (&self->on);
}

static int failed (proof_run_t *self, const char *step)
{
    bool silent = self->answer.kind == ANSWER_UNKNOWN || self->answer.kind == ANSWER_NOT_SENT;
    return problem_set (self->problem, silent ? ERR_UNREACHABLE : ERR_BROKER, self->account_id, "%s: %s: %s",
        step, answer_kind_text (self->answer.kind), self->answer.message);
}

/*  0: an answer came, whatever it says. */
static int ask (proof_run_t *self, const broker_call_t *call, const char *step)
{
    self->answered = false;
    memset (&self->answer, 0, sizeof self->answer);
    int rc = self->on.broker->ops->call (self->on.broker, call);
    if (rc == 0)
        broker_loop_wait (&self->on, self->timeout_ms);
    if (rc || !self->answered)
        return problem_set (
            self->problem, ERR_UNREACHABLE, self->account_id, "%s: no answer within the time", step);
    bool unclear = self->answer.kind == ANSWER_UNKNOWN || self->answer.kind == ANSWER_NOT_SENT ||
                   self->answer.kind == ANSWER_AUTH || self->answer.kind == ANSWER_LIMITED;
    return unclear ? failed (self, step) : 0;
}

/*  price 0 = market */
static int submit (proof_run_t *self, int number, side_t side, int64_t price_e9, const char *step)
{
    broker_call_t call = {.kind = CALL_SUBMIT,
        .request = {.side = side,
            .type = price_e9 ? TYPE_LIMIT : TYPE_MARKET,
            .tif = TIF_DAY,
            .qty_e9 = FIXED_ONE,
            .limit_price_e9 = price_e9}};
    snprintf (call.request.symbol, sizeof call.request.symbol, "%s", self->symbol);
    snprintf (
        call.request.client_order_id, sizeof call.request.client_order_id, "%s-%d", self->prefix, number);
    return ask (self, &call, step);
}

static int order_call (proof_run_t *self, call_kind_t kind, const char *order_id, const char *step)
{
    broker_call_t call = {.kind = kind};
    snprintf (call.key, sizeof call.key, "%s", order_id);
    return ask (self, &call, step);
}

/*  Looks at the order until it is at its end, or for ten seconds; self->answer.order is its last state. */
static int follow (proof_run_t *self, const char *order_id, const char *step)
{
    char id[ID_MAX];
    snprintf (id, sizeof id, "%s", order_id);
    for (int look = 0; look < LOOKS; look++) {
        int rc = order_call (self, CALL_ORDER, id, step);
        if (rc)
            return rc;
        if (self->answer.kind != ANSWER_OK)
            return failed (self, step);
        if (order_status_final (self->answer.order.status))
            return 0;
        broker_loop_wait (&self->on, LOOK_MS);
    }
    return 0;
}

/*  Cancels it and waits for its end. */
static int cancel (proof_run_t *self, const char *order_id, const char *step)
{
    char id[ID_MAX];
    snprintf (id, sizeof id, "%s", order_id);
    int rc = order_call (self, CALL_CANCEL, id, step);
    return rc ? rc : follow (self, id, step);
}

static int prove_cancelled (proof_run_t *self, id_proof_t *proof)
{
    static const char step[] = "a limit order that rests";
    int rc = submit (self, 1, SIDE_BUY, FIXED_ONE, step);
    if (rc == 0 && self->answer.kind != ANSWER_OK)
        rc = failed (self, step);
    if (rc == 0)
        rc = cancel (self, self->answer.order.id, "its cancellation");
    if (rc == 0 && self->answer.order.status != STATUS_CANCELED)
        rc = problem_set (self->problem, ERR_BROKER, self->account_id, "the order is %s, not canceled",
            order_status_text (self->answer.order.status));
    if (rc == 0)
        rc = submit (self, 1, SIDE_BUY, FIXED_ONE, "its id again");
    if (rc)
        return rc;
    proof->cancelled_refused = self->answer.kind == ANSWER_TAKEN;
    return self->answer.kind == ANSWER_OK ? cancel (self, self->answer.order.id, "the second one's end") : 0;
}

static int prove_filled (proof_run_t *self, id_proof_t *proof)
{
    static const char step[] = "a market order of one share";
    int rc = submit (self, 2, SIDE_BUY, 0, step);
    if (rc == 0 && self->answer.kind != ANSWER_OK)
        rc = failed (self, step);
    if (rc == 0)
        rc = follow (self, self->answer.order.id, "its fill");
    if (rc)
        return rc;
    proof->filled = self->answer.order.status == STATUS_FILLED;
    if (!proof->filled)
        return cancel (self, self->answer.order.id, "the end of an order that did not fill");
    rc = submit (self, 2, SIDE_BUY, 0, "its id again");
    if (rc)
        return rc;
    proof->filled_refused = self->answer.kind == ANSWER_TAKEN;
    int shares = self->answer.kind == ANSWER_OK ? 2 : 1;
    if (shares == 2)
        rc = follow (self, self->answer.order.id, "the second one's fill");
    for (int sold = 0; rc == 0 && sold < shares; sold++) {
        rc = submit (self, 3 + sold, SIDE_SELL, 0, "the sale of what was bought");
        if (rc == 0 && self->answer.kind != ANSWER_OK)
            rc = failed (self, "the sale of what was bought");
    }
    return rc;
}

static bool is_paper (const char *url)
{
    static const char *const hosts[] = {"://paper-api.", "://127.0.0.1", "://localhost", "://[::1]"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        if (strstr (url, hosts[i]))
            return true;
    return false;
}

static int prove (proof_run_t *self, const credentials_t *keys, id_proof_t *proof)
{
    const broker_keys_t borrowed = {.key_id = keys->key_id, .secret = keys->secret};
    int rc = self->on.broker->ops->account_open (self->on.broker, 0, &borrowed);
    if (rc)
        return problem_set (self->problem, -rc, self->account_id, "the account cannot be opened");
    rc = prove_cancelled (self, proof);
    return rc ? rc : prove_filled (self, proof);
}

int id_proof_run (const settings_t *settings, const char *account_id, const credentials_t *keys,
    const char *symbol, id_proof_t *proof, problem_t *problem)
{
    assert (settings && account_id && keys && symbol && proof && problem);
    const char *url = settings_base_url (settings);
    *proof = (id_proof_t){0};
    if (!is_paper (url))
        return problem_set (
            problem, ERR_SETTING, url, "the proof sends orders: only to a paper account or a simulator");
    proof_run_t self = {.account_id = account_id,
        .symbol = symbol,
        .timeout_ms = (uint64_t) (settings_ns (settings, SETTING_REQUEST_TIMEOUT) / 1000000) + 1000,
        .problem = problem};
    uint8_t random[8];
    char hex[2 * sizeof random + 1];
    randombytes_buf (random, sizeof random);
    snprintf (self.prefix, sizeof self.prefix, "tcproof-%s",
        sodium_bin2hex (hex, sizeof hex, random, sizeof random));
    const broker_loop_config_t config = {.accounts = 1, .answer = on_answer, .context = &self};
    int rc = broker_loop_open (&self.on, settings, &config, problem);
    if (rc == 0)
        rc = prove (&self, keys, proof);
    broker_loop_close (&self.on);
    return rc;
}
