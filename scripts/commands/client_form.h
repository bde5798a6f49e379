/*  client_form.h: what people write about a client, as texts, checked and put into client_config_t. Pure. */
#ifndef CLIENT_FORM_H
#define CLIENT_FORM_H

#include "messages/error.h"
#include "messages/gen/messages.h"

#define CLIENT_EMAIL_MAX 128

/*  NULL (in a CSV also "") = not given: stays as it is. */
typedef struct {
    const char *name;
    const char *email;        /*  only checked here: it is stored beside the configuration */
    const char *scaling;      /*  equity_based, fixed_multiplier, risk_based */
    const char *multiplier;   /*  decimal above 0, at most 1000 */
    const char *risk_percent; /*  decimal above 0, at most 100 */
    const char *direction;    /*  both, long, short */
    const char *allow;        /*  symbols, comma separated; "" = all */
    const char *deny;
    const char *active; /*  true, false */
    const char *fractional;
} client_form_t;

/*  A new client: active, equity_based × 1, 1 percent risk, both directions, all symbols, fractional. */
void client_form_defaults (client_config_t *client);

/*  -ERR_SYNTAX with *problem: where = "<prefix><field>" ("--multiplier", "FILE:LINE multiplier"), what was found and
 *  expected; client is half changed then. `dashes`: fields are written as options (risk-percent, scaling-method). */
int client_form_apply (
    const client_form_t *self, const char *prefix, bool dashes, client_config_t *client, problem_t *problem);

/*  An account id: 1 to 63 printable ASCII characters without spaces, quotes and commas. -ERR_SYNTAX */
int client_form_check_id (const char *id, const char *where, problem_t *problem);

/*  true, false, yes, no, 1, 0 in any case. -ERR_SYNTAX */
int client_form_bool (const char *text, bool *value_p);

#endif
