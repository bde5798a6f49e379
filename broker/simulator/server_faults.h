/*  server_faults.h: what the control API asks to go wrong, for all accounts or one (docs/simulator.md). */
#ifndef SERVER_FAULTS_H
#define SERVER_FAULTS_H

#include "broker/simulator/server.h"

#define FAULT_PATH_MAX 64
#define FAULT_METHOD_ANY HTTP_OTHER

/*  One set of faults. has_* and counts > 0 say which are on. */
typedef struct {
    bool has_latency;
    int64_t latency_ns;
    int64_t jitter_ns;
    int status; /*  with count or ppm */
    uint32_t status_count;
    uint32_t status_ppm;
    bool status_html;
    char status_path[FAULT_PATH_MAX];
    http_method_t status_method;
    uint32_t answer_lost;
    bool lost_before; /*  not carried out */
    char lost_path[FAULT_PATH_MAX];
    http_method_t lost_method;
    uint32_t reject;
    int64_t reject_code;
    char reject_message[REASON_MAX];
    engine_script_t script;
    uint32_t script_count;
    int64_t mute_until_ns;   /*  UTC */
    int64_t refuse_until_ns; /*  UTC */
    uint32_t events_doubled;
    uint32_t events_dropped;
} fault_set_t;

int faults_new (faults_t **self_p, uint64_t seed);
void faults_destroy (faults_t **self_p);
/*  To be edited; account UINT32_MAX = the set for all. NULL = out of memory. */
fault_set_t *faults_edit (faults_t *self, uint32_t account);
void faults_clear (faults_t *self, uint32_t account); /*  UINT32_MAX = everything */

/*  An answer's delay, ns. */
int64_t faults_latency (faults_t *self, const exchange_t *exchange);
/*  Status to answer instead of working (counts down), 0 = none; *html_p: nginx' page. */
int faults_status (faults_t *self, const exchange_t *exchange, bool *html_p);
typedef enum { FAULT_ANSWERED, FAULT_LOST_AFTER, FAULT_LOST_BEFORE } fault_lost_t;
fault_lost_t faults_lost (faults_t *self, const exchange_t *exchange);
/*  Tells the engine what the account's next order meets. Before each submit. */
void faults_before_submit (faults_t *self, engine_t *engine, uint32_t account);
/*  How many times the account's next event is sent: 0, 1 or 2. */
int faults_event_times (faults_t *self, uint32_t account, int64_t utc_ns);
bool faults_mute (const faults_t *self, uint32_t account, int64_t utc_ns);
bool faults_refuse (const faults_t *self, uint32_t account, int64_t utc_ns);

#endif
