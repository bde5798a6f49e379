/*  fleet.c: cash from 2,000 to 250,000, all methods, some without fractions, some that refuse symbols or a side. */
#include "scripts/commands/load_test/fleet.h"

#include "messages/fixed.h"
#include "scripts/commands/load_test/plan.h"
#include "scripts/commands/desk.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASH_LEAST_USD 2000
#define CASH_MOST_USD 250000
#define RICH_USD INT64_C (100000000)
#define SHORT_LEAST_USD 2600 /*  the broker lends to 2,000 and up; some room for losses */
#define MILLI_E9 (FIXED_ONE / 1000)

static int64_t cash_of (size_t index, size_t count)
{
    int64_t steps = count > 1 ? (int64_t) count - 1 : 1;
    int64_t at = (int64_t) index * FIXED_ONE / steps;
    int64_t square = at * (at / 1000) / 1000000; /*  more small accounts than big ones */
    int64_t cash_e9 = CASH_LEAST_USD * FIXED_ONE + (CASH_MOST_USD - CASH_LEAST_USD) * square;
    return cash_e9 - cash_e9 % (FIXED_ONE / 100);
}

static void set_scaling (follower_t *self, uint64_t chance)
{
    static const int64_t multipliers[] = {500, 1000, 1250, 750};
    static const int64_t shares[] = {250, 500, 1000};
    self->scaling = (client_config_scaling_t) (chance % 3);
    self->multiplier_e9 = multipliers[chance / 3 % 4] * MILLI_E9;
    self->risk_percent_e9 = (int64_t) (1 + chance / 12 % 4) * FIXED_ONE;
    if (self->scaling != CLIENT_CONFIG_SCALING_FIXED_MULTIPLIER)
        return;
    int64_t thousandths = self->cash_e9 / FIXED_ONE * shares[chance / 3 % 3] / PLAN_MASTER_CASH_USD;
    self->multiplier_e9 = (thousandths > 5 ? thousandths : 5) * MILLI_E9;
}

void fleet_follower (follower_t *follower, size_t index, size_t count, uint64_t seed)
{
    assert (follower && index < count);
    uint64_t state = seed ^ (uint64_t) index << 32;
    uint64_t chance = plan_chance (&state);
    *follower = (follower_t){.direction = CLIENT_CONFIG_DIRECTION_BOTH, .cash_e9 = cash_of (index, count)};
    (void) snprintf (follower->id, sizeof follower->id, "client-%04zu", index + 1);
    set_scaling (follower, chance >> 8);
    follower->fractional = index % 5 != 4;
    if (index % 11 == 3 || follower->cash_e9 < SHORT_LEAST_USD * FIXED_ONE)
        follower->direction = CLIENT_CONFIG_DIRECTION_LONG;
    else if (index % 13 == 5)
        follower->direction = CLIENT_CONFIG_DIRECTION_SHORT;
    if (index % 17 == 2)
        (void) snprintf (follower->deny, sizeof follower->deny, "AAPL,KO");
    else if (index % 19 == 7)
        (void) snprintf (follower->allow, sizeof follower->allow, "AAPL,MSFT,NVDA,JPM");
}

void fleet_alike (follower_t *follower, size_t index, size_t troubled)
{
    assert (follower);
    *follower = (follower_t){.direction = CLIENT_CONFIG_DIRECTION_BOTH,
        .cash_e9 = CASH_MOST_USD * FIXED_ONE,
        .scaling = CLIENT_CONFIG_SCALING_FIXED_MULTIPLIER,
        .multiplier_e9 = (index < troubled ? 2 : 1) * FIXED_ONE,
        .fractional = true};
    (void) snprintf (follower->id, sizeof follower->id, "client-%04zu", index + 1);
}

static void ask_for (json_t *list, const char *label, int64_t cash_e9)
{
    char cash[FIXED_TEXT_MAX];
    fixed_format (cash_e9, cash);
    (void) json_array_append_new (list, json_pack ("{s:s,s:s}", "label", label, "cash", cash));
}

static int make_accounts (evidence_t *evidence, pit_t *pit, json_t **answer_p, problem_t *problem)
{
    json_t *list = json_array ();
    ask_for (list, EVIDENCE_MASTER, evidence->master_cash_e9);
    for (size_t i = 0; i < evidence->followers_count; i++)
        ask_for (list, evidence->followers[i].id, evidence->followers[i].cash_e9);
    int rc = pit_call (pit, "POST", "/control/accounts", list, answer_p, problem);
    json_decref (list);
    if (rc == 0 && json_array_size (json_object_get (*answer_p, "accounts")) != evidence->followers_count + 1)
        rc = problem_set (
            problem, ERR_SYNTAX, "/control/accounts", "expected %zu accounts", evidence->followers_count + 1);
    return rc;
}

static const char *member (const json_t *account, const char *name)
{
    const char *text = json_string_value (json_object_get (account, name));
    return text ? text : "";
}

static void configure (client_config_t *config, const follower_t *follower)
{
    *config = (client_config_t){.active = true,
        .scaling = follower->scaling,
        .multiplier_e9 = follower->multiplier_e9,
        .risk_percent_e9 = follower->risk_percent_e9,
        .direction = follower->direction,
        .fractional = follower->fractional};
    (void) snprintf (config->client_id, sizeof config->client_id, "%s", follower->id);
    (void) snprintf (config->name, sizeof config->name, "Load test %s", follower->id);
    (void) snprintf (config->allow, sizeof config->allow, "%s", follower->allow);
    (void) snprintf (config->deny, sizeof config->deny, "%s", follower->deny);
}

static int store_clients (
    desk_t *desk, const evidence_t *evidence, const json_t *accounts, problem_t *problem)
{
    client_config_t *configs = calloc (evidence->followers_count, sizeof *configs);
    int rc = configs ? 0 : problem_set (problem, ERR_MEMORY, "load-test", "no memory");
    for (size_t i = 0; rc == 0 && i < evidence->followers_count; i++) {
        const json_t *account = json_array_get (accounts, i + 1);
        configure (&configs[i], &evidence->followers[i]);
        rc = vault_seal (desk->vault, configs[i].client_id, member (account, "key_id"),
            member (account, "secret"), configs[i].sealed, &configs[i].sealed_size, problem);
    }
    if (rc == 0)
        rc = storage_client_put_all (desk->storage, configs, evidence->followers_count, problem);
    free (configs);
    return rc;
}

static int store_master (desk_t *desk, const json_t *account, problem_t *problem)
{
    master_config_t master = {.master_id = EVIDENCE_MASTER};
    int rc = vault_seal (desk->vault, master.master_id, member (account, "key_id"),
        member (account, "secret"), master.sealed, &master.sealed_size, problem);
    return rc ? rc : storage_master_put (desk->storage, &master, problem);
}

static int store (
    const evidence_t *evidence, const json_t *accounts, const char *env_file, problem_t *problem)
{
    desk_t desk;
    int rc = desk_open (&desk, env_file, DESK_CREATE | DESK_VAULT, problem);
    if (rc)
        return rc;
    rc = desk_claim_key (&desk, problem);
    if (rc == 0)
        rc = store_master (&desk, json_array_get (accounts, 0), problem);
    if (rc == 0)
        rc = store_clients (&desk, evidence, accounts, problem);
    desk_close (&desk);
    return rc;
}

int fleet_make (
    evidence_t *evidence, const fleet_plan_t *plan, pit_t *pit, const char *env_file, problem_t *problem)
{
    assert (evidence && plan && plan->count > 0 && pit && env_file);
    json_t *answer = NULL;
    evidence->master_id = EVIDENCE_MASTER;
    evidence->master_cash_e9 = (plan->alike ? RICH_USD : PLAN_MASTER_CASH_USD) * FIXED_ONE;
    evidence->followers = calloc (plan->count, sizeof *evidence->followers);
    if (!evidence->followers)
        return problem_set (problem, ERR_MEMORY, "load-test", "no memory");
    evidence->followers_count = plan->count;
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->alike)
            fleet_alike (&evidence->followers[i], i, plan->troubled);
        else
            fleet_follower (&evidence->followers[i], i, plan->count, plan->seed);
    }
    int rc = make_accounts (evidence, pit, &answer, problem);
    if (rc == 0) {
        const json_t *accounts = json_object_get (answer, "accounts");
        const json_t *master = json_array_get (accounts, 0);
        pit_keys (pit, member (master, "key_id"), member (master, "secret"));
        rc = store (evidence, accounts, env_file, problem);
    }
    json_decref (answer);
    return rc;
}
