/*  id_proof.h: does the broker refuse a client_order_id that a cancelled or a filled order had? P2 rests on it
 *  (design: a slot is taken once, for ever); the documentation says so in one place and "active only" in another
 *  (alpaca-api.md section 2), so it is asked, with orders on a paper account. Blocks. */
#ifndef ID_PROOF_H
#define ID_PROOF_H

#include "actors/host/settings.h"
#include "storage/vault.h"

typedef struct {
    bool cancelled_refused; /*  the id of a cancelled order is taken for ever */
    bool filled_refused;    /*  the id of a filled one too */
    bool filled;            /*  the market order filled at all (the market is open) */
} id_proof_t;

/*  Sends up to five orders of one share: only where settings_base_url is a paper account's or a simulator's here
 *  (-ERR_SETTING else). 0: every answer needed came; see *proof. -ERR_BROKER, -ERR_UNREACHABLE: problem says at which
 *  step. What is bought is sold again. */
int id_proof_run (const settings_t *settings, const char *account_id, const credentials_t *keys,
    const char *symbol, id_proof_t *proof, problem_t *problem);

#endif
