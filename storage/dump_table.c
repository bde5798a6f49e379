/*  dump_table: the columns of every table, in the order of an exported row: the key first.
 */
#include "storage/dump.h"

#define PAGE "500"

#define CONFIG_REVISION "revision"

#define MASTERS "master_id, sealed, revision"

#define CLIENTS                                                                                              \
    "client_id, name, active, removed, sealed, scaling, multiplier_e9, risk_percent_e9, "                    \
    "direction, allow, deny, fractional, follow_since_ns, revision, follow_until_ns"

#define SETTINGS "name, value, revision"

#define EVENTS                                                                                               \
    "stored_at_ns, master_id, x, order_id, symbol, side, order_type, status, final, "                        \
    "order_qty_e9, qty_e9, opened_e9, closed_e9, remaining_e18, flat, price_e9, position_e9, "               \
    "master_equity_e9, first_at_ns, executed_at_ns, received_at_ns, current_e9, steps"

#define OUTCOMES                                                                                             \
    "x, client_id, leg, slot, stored_at_ns, shard, sequence, from_e9, to_e9, kind, reason, code, "           \
    "symbol, side, client_order_id, order_id, scaling, rate_num_e9, rate_den_e9, "                           \
    "client_equity_e9, holding_e9, target_e9, exit_target_e9, remaining_e18, exit_decided, "                 \
    "qty_e9, filled_e9, price_e9, final, submitted_at_ns, answered_at_ns"

#define OUTCOME_HISTORY                                                                                      \
    "replaced_at_ns, client_id, x, leg, slot, stored_at_ns, shard, sequence, from_e9, to_e9, "               \
    "kind, reason, code, symbol, side, client_order_id, order_id, scaling, rate_num_e9, "                    \
    "rate_den_e9, client_equity_e9, holding_e9, target_e9, qty_e9, filled_e9, price_e9, final, "             \
    "submitted_at_ns, answered_at_ns, exit_target_e9, remaining_e18, exit_decided"

#define REPLICATIONS                                                                                         \
    "master_id, x, qty_e9, sequence, stored_at_ns, symbol, side, success_count, failure_count, "             \
    "skipped_count, total_time_ns, p50_ns, p95_ns, p99_ns, timestamp_at_ns"

#define MARKS "master_id, x, qty_e9, stored_at_ns, final, first_at_ns, executed_at_ns"

#define BREAKERS "client_id, state, failures, opened_at_ns, retry_at_ns, last_error, stored_at_ns"

#define ALERTS "stored_at_ns, kind, severity, subject, text, at_ns"

#define STRATEGY_CHANGES                                                                                     \
    "request, stored_at_ns, at_ns, who, strategy_id, scaling, multiplier_e9, risk_percent_e9, named, "       \
    "clients, changed, revision"

const dump_table_t dump_tables[] = {
    {.name = "config_revision",
        .columns = CONFIG_REVISION,
        .kinds = "u",
        .keys = 1,
        .select = "SELECT " CONFIG_REVISION
                  " FROM config_revision WHERE revision > ? ORDER BY revision LIMIT " PAGE,
        .insert = "UPDATE config_revision SET revision = ?"},
    {.name = "masters",
        .columns = MASTERS,
        .kinds = "txu",
        .keys = 1,
        .select = "SELECT " MASTERS " FROM masters WHERE master_id > ? ORDER BY master_id LIMIT " PAGE,
        .insert = "INSERT INTO masters (" MASTERS ") VALUES (?,?,?)"},
    {.name = "clients",
        .columns = CLIENTS,
        .kinds = "ttbbxtiitttbiui",
        .keys = 1,
        .select = "SELECT " CLIENTS " FROM clients WHERE client_id > ? ORDER BY client_id LIMIT " PAGE,
        .insert = "INSERT INTO clients (" CLIENTS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"},
    {.name = "settings",
        .columns = SETTINGS,
        .kinds = "ttu",
        .keys = 1,
        .select = "SELECT " SETTINGS " FROM settings WHERE name > ? ORDER BY name LIMIT " PAGE,
        .insert = "INSERT INTO settings (" SETTINGS ") VALUES (?,?,?)"},
    {.name = "events",
        .columns = EVENTS,
        .kinds = "iitttttttbiiiiibiiiiiiit",
        .keys = 1,
        .numbered = true,
        .select = "SELECT id, " EVENTS " FROM events WHERE id > ? ORDER BY id LIMIT " PAGE,
        .insert = "INSERT INTO events (" EVENTS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"},
    {.name = "outcomes",
        .columns = OUTCOMES,
        .kinds = "tttiituiittitttttiiiiiiibiiibii",
        .keys = 4,
        .select = "SELECT " OUTCOMES " FROM outcomes WHERE (x, client_id, leg, slot) > (?, ?, ?, ?) ORDER BY "
                  "x, client_id, leg, slot LIMIT " PAGE,
        .insert = "INSERT INTO outcomes (" OUTCOMES
                  ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"},
    {.name = "outcome_history",
        .columns = OUTCOME_HISTORY,
        .kinds = "iitttiituiittitttttiiiiiiiibiiiib",
        .keys = 1,
        .numbered = true,
        .select = "SELECT id, " OUTCOME_HISTORY " FROM outcome_history WHERE id > ? ORDER BY id LIMIT " PAGE,
        .insert = "INSERT INTO outcome_history (" OUTCOME_HISTORY
                  ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"},
    {.name = "replications",
        .columns = REPLICATIONS,
        .kinds = "ttiuittuuuiiiii",
        .keys = 4,
        .select = "SELECT " REPLICATIONS " FROM replications WHERE (master_id, x, qty_e9, sequence) > (?, ?, "
                  "?, ?) ORDER BY master_id, x, qty_e9, sequence LIMIT " PAGE,
        .insert = "INSERT INTO replications (" REPLICATIONS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"},
    {.name = "marks",
        .columns = MARKS,
        .kinds = "ittiibii",
        .keys = 1,
        .numbered = true,
        .select = "SELECT id, " MARKS " FROM marks WHERE id > ? ORDER BY id LIMIT " PAGE,
        .insert = "INSERT INTO marks (" MARKS ") VALUES (?,?,?,?,?,?,?)"},
    {.name = "breakers",
        .columns = BREAKERS,
        .kinds = "ttuiiti",
        .keys = 1,
        .select = "SELECT " BREAKERS " FROM breakers WHERE client_id > ? ORDER BY client_id LIMIT " PAGE,
        .insert = "INSERT INTO breakers (" BREAKERS ") VALUES (?,?,?,?,?,?,?)"},
    {.name = "alerts",
        .columns = ALERTS,
        .kinds = "iitttti",
        .keys = 1,
        .numbered = true,
        .select = "SELECT id, " ALERTS " FROM alerts WHERE id > ? ORDER BY id LIMIT " PAGE,
        .insert = "INSERT INTO alerts (" ALERTS ") VALUES (?,?,?,?,?,?) ON CONFLICT DO NOTHING"},
    {.name = "strategy_changes",
        .columns = STRATEGY_CHANGES,
        .kinds = "itiitttiituuu",
        .keys = 1,
        .numbered = true,
        .select =
            "SELECT id, " STRATEGY_CHANGES " FROM strategy_changes WHERE id > ? ORDER BY id LIMIT " PAGE,
        .insert = "INSERT INTO strategy_changes (" STRATEGY_CHANGES ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"},
};
const size_t dump_tables_count = sizeof dump_tables / sizeof dump_tables[0];
