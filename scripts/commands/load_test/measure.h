/*  measure.h: how near the whole copier comes to what the machine can do (docs/performance.md): the master trades at the
 *  simulator, the copies arrive at the minimal receiver, and a bare sender sends as many orders to the same receiver in
 *  turns. Says nothing of sizes: the load test with the checker does.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include "messages/stage.h"
#include "scripts/commands/load_test/processes.h"
#include "scripts/commands/load_test/receiver.h"
#include "scripts/commands/load_test/trader.h"

#define MEASURE_EVENTS_MAX 1000
#define MEASURE_WARM_UP (PLAN_SYMBOLS + 2) /*  each symbol was traded once */
#define MEASURE_YOUNG_MS                                                                                     \
    7000 /*  for 5 s after its start a copier looks for what an earlier life may have sent */

typedef struct {
    size_t clients;
    long delay_ms; /*  of the broker's answers */
    bool two;      /*  HTTP/2 */
    size_t events;
    size_t rate; /*  master fills a second, for so long; 0 = one after the other */
    size_t seconds;
    size_t troubled; /*  of the clients */
    trouble_t trouble;
    size_t connections; /*  the copier's MAX_CONNECTIONS */
    size_t senders;     /*  shards, each with so many; the bare sender has as many as all */
    bool json;          /*  one object instead of tables */
} measure_plan_t;

typedef struct {
    const measure_plan_t *plan;
    receiver_t *receiver; /*  all borrowed */
    stages_t *stages;
    trader_t *trader;
    size_t made;      /*  orders of the master */
    processes_t idle; /*  what the copier used while nobody traded, and for how long */
    int64_t idle_ns;
} measure_t;

/*  One fan-out. */
typedef struct {
    double first_ms; /*  after the fill left the broker, or the first call */
    double last_ms;
    double cpu_us; /*  an order, without what the copier uses in that time anyway (reads, beats) */
    double shards_us;
    double bytes;                      /*  an order, decrypted, as they arrived */
    double stages_us[STAGE_COUNT + 1]; /*  copier: each from the one before; the last one is the arrival */
    double own_us;                     /*  copier: the listener has the frame -> the first batch is written */
} figures_t;

/*  Warm clients are expected. Prints to out. -ERR_TIMEOUT: an order did not arrive; -ERR_BROKER: one too many did. */
int measure (measure_t *self, FILE *out, problem_t *problem);

/*  measure_rate.c: a steady rate of the master's fills. */
int measure_rate (measure_t *self, FILE *out, problem_t *problem);
/*  An order of the master's; `which` chooses the symbol. */
int measure_trade (measure_t *self, problem_t *problem);

/*  measure_print.c */
typedef struct {
    const char *name;
    figures_t *list;
    size_t count;
} series_t;
extern const char *const measure_stages[STAGE_COUNT + 1];
#define SERIES_AT(series, field, part) series_quantile (series, offsetof (figures_t, field), part)
double series_quantile (const series_t *self, size_t offset, double part);
void measure_print (const measure_plan_t *plan, const series_t *bare, const series_t *copier, FILE *out);
void measure_print_stages (const series_t *copier, FILE *out);
void measure_print_idle (const processes_t *idle, int64_t idle_ns, FILE *out);

/*  measure_json.c */
void measure_json (const measure_t *self, const series_t *bare, const series_t *copier, FILE *out);

#endif
