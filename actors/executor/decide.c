/*  decide.c: the copy rules. Closing first, then opening; one order at a time.
 *
 *  An exit's target is f x (holding + what X's closing slots filled). When other trades moved the holding between two
 *  executions of X, that product would exit a part of what they opened; so the target found before is carried and the
 *  fraction closed since is taken of what is held now (docs/copy-rules.md).
 */
#include "actors/executor/decide.h"
#include "actors/deliberate.h"
#include "messages/fixed.h"

#include <assert.h>
#include <string.h>

typedef struct {
    book_t *book;
    copy_t *copy;
    client_t *client;
    const parent_t *parent;
    const lane_t *lane;
    const state_t *state; /*  of X, the one to decide */
    uint32_t at;
    const decide_rules_t *rules;
    const decide_when_t *when;
} scene_t;

bool decide_symbol_in (const char *list, const char *symbol)
{
    assert (list && symbol);
    size_t size = strlen (symbol);
    for (const char *at = list; *at;) {
        size_t word = strcspn (at, ",");
        if (word == size && memcmp (at, symbol, size) == 0)
            return true;
        at += word + (at[word] == ',');
    }
    return false;
}

static decision_t skip (const char *reason)
{
    return (decision_t){.kind = DECIDE_SKIP, .reason = reason};
}

static bool fractions_allowed (const scene_t *scene)
{
    return scene->rules->fractional && scene->client->fractional &&
           !scene->book->symbols[scene->parent->symbol].whole_only;
}

/*  order_qty_e9: what a risk_based client spreads its money over. */
static const char *rate_today (const scene_t *scene, int64_t order_qty_e9, rate_t *rate_p)
{
    return scaling_rate (&(scaling_input_t){.method = scene->client->scaling,
                             .multiplier_e9 = scene->client->multiplier_e9,
                             .risk_percent_e9 = scene->client->risk_percent_e9,
                             .client_equity_e9 = scene->client->equity_e9,
                             .master_equity_e9 = scene->state->master_equity_e9,
                             .price_e9 = scene->state->price_e9,
                             .order_qty_e9 = order_qty_e9},
        rate_p);
}

/*  What the client holds on the side that X's closing executions reduce. */
static int64_t closable_e9 (const scene_t *scene)
{
    return scene->parent->trade.side == TRADE_SIDE_SELL ? scene->when->held_e9 : -scene->when->held_e9;
}

static int64_t exit_target (const scene_t *scene, int64_t held_e9, int64_t filled_e9)
{
    copy_t *copy = scene->copy;
    const state_t *state = scene->state;
    int64_t current_e9 = held_e9 + filled_e9;
    bool again = false; /*  decided by an earlier life: what came since is not X's to close */
    if (!copy->exit_decided) {
        copy->exit_decided = true;
        copy->exit_from_e18 = copy->base_remaining_e18;
        copy->exit_basis_e9 = current_e9;
    } else if (current_e9 != copy->exit_basis_e9 + copy->exit_carried_e9) {
        again = copy->history_done && state->remaining_e18 == copy->exit_remaining_e18;
        copy->exit_from_e18 = copy->exit_remaining_e18;
        copy->exit_carried_e9 = copy->exit_target_e9;
        copy->exit_basis_e9 = current_e9 > copy->exit_target_e9 ? current_e9 - copy->exit_target_e9 : 0;
    }
    int64_t since_e18 = scaling_remaining_since (state->remaining_e18, copy->exit_from_e18);
    copy->exit_target_e9 = copy->exit_carried_e9 + scaling_exit (copy->exit_basis_e9, since_e18);
    copy->exit_remaining_e18 = state->remaining_e18;
    return state->flat && !again ? current_e9 : copy->exit_target_e9;
}

/*  What was closed so far is not to be closed of what comes later. */
static void nothing_to_exit (const scene_t *scene, int64_t filled_e9)
{
    copy_t *copy = scene->copy;
    copy->exit_decided = true;
    copy->exit_target_e9 = copy->exit_carried_e9 = filled_e9;
    copy->exit_basis_e9 = 0;
    copy->exit_remaining_e18 = copy->exit_from_e18 = scene->state->remaining_e18;
}

/*  Nothing is known of what was decided before: no further than down to the position scaled from the master's. */
static int64_t keep_e9 (const scene_t *scene)
{
    bool sells = scene->parent->trade.side == TRADE_SIDE_SELL;
    int64_t master_e9 = sells ? scene->state->current_e9 : -scene->state->current_e9;
    rate_t rate;
    int64_t scaled_e9;
    if (!scene->copy->uncertain || master_e9 <= 0 || rate_today (scene, master_e9, &rate) ||
        scaling_entry (&rate, master_e9, &scaled_e9))
        return 0;
    return scaled_e9;
}

/*  All that was closed so far an earlier life did, and nothing tells how much it wanted. */
static bool only_found (const scene_t *scene)
{
    bool any = false;
    for (uint32_t at = scene->copy->first_slot; at != NONE; at = scene->book->slots[at].next) {
        const slot_t *slot = &scene->book->slots[at];
        if (slot->leg == LEG_CLOSE && !slot->recovered)
            return false;
        any |= slot->leg == LEG_CLOSE;
    }
    return any && !scene->copy->told;
}

/*  The closing order, or a skip. Nothing of the lane is unanswered or working here. */
static decision_t decide_exit (const scene_t *scene)
{
    const state_t *state = scene->state;
    int64_t filled_e9 = book_filled_e9 (scene->book, scene->at, LEG_CLOSE);
    int64_t held_e9 = closable_e9 (scene);
    if (held_e9 <= 0) {
        nothing_to_exit (scene, filled_e9);
        return skip (filled_e9 > 0 ? "covered" : "no_position");
    }
    int64_t target_e9 = exit_target (scene, held_e9, filled_e9);
    int64_t qty_e9 = target_e9 - filled_e9;
    bool sells = scene->parent->trade.side == TRADE_SIDE_SELL;
    if (!state->flat && (!sells || !fractions_allowed (scene))) /*  no fraction of a short may be left */
        qty_e9 = fixed_floor_to (target_e9 + EXIT_ROUNDING_E9, FIXED_ONE) - filled_e9;
    int64_t there_e9 = sells ? scene->when->there_e9 : -scene->when->there_e9;
    qty_e9 = qty_e9 < held_e9 ? qty_e9 : held_e9;
    qty_e9 = qty_e9 < there_e9 ? qty_e9 : there_e9; /*  a later exit may be done already */
    int64_t above_e9 = there_e9 - keep_e9 (scene);
    bool bounded = above_e9 < there_e9 && qty_e9 > above_e9;
    if (bounded)
        qty_e9 = sells && fractions_allowed (scene) ? above_e9 : fixed_floor_to (above_e9, FIXED_ONE);
    if (bounded && qty_e9 <= there_e9 / DRIFT_PART) /*  its rate is today's: not exact */
        return skip ("scaled_position");
    if (qty_e9 <= 0)
        return skip (filled_e9 > 0 ? "covered" : "below_minimum");
    if (!state->flat && qty_e9 < target_e9 / DRIFT_PART && only_found (scene))
        return skip ("drift"); /*  of a holding that is not known exactly */
    return (decision_t){.kind = DECIDE_ORDER,
        .leg = DELIBERATE (EXIT_AS_ENTRY) ? LEG_OPEN : LEG_CLOSE,
        .side = sells ? SIDE_SELL : SIDE_BUY,
        .intent = sells ? INTENT_SELL_TO_CLOSE : INTENT_BUY_TO_CLOSE,
        .qty_e9 = qty_e9,
        .target_e9 = target_e9};
}

static const char *filtered (const scene_t *scene)
{
    const client_t *client = scene->client;
    const trade_t *trade = &scene->parent->trade;
    bool buys = trade->side == TRADE_SIDE_BUY;
    if (client->direction == (buys ? CLIENT_CONFIG_DIRECTION_SHORT : CLIENT_CONFIG_DIRECTION_LONG))
        return "direction";
    if (client->allow[0] && !decide_symbol_in (client->allow, trade->symbol))
        return "symbol_not_allowed";
    if (decide_symbol_in (client->deny, trade->symbol))
        return "symbol_denied";
    return NULL;
}

static bool stale (const scene_t *scene)
{
    int64_t age_ns = DELIBERATE (STALE_SENT) ? 0 : scene->when->utc_ns - scene->state->executed_at_ns;
    return age_ns > scene->rules->max_event_age_ns;
}

static bool holds_other_side (const scene_t *scene)
{
    return scene->parent->trade.side == TRADE_SIDE_BUY ? scene->when->held_e9 < 0 : scene->when->held_e9 > 0;
}

/*  Has the broker an order of ours on the other side? */
static bool opposed (const scene_t *scene)
{
    side_t ours = scene->parent->trade.side == TRADE_SIDE_BUY ? SIDE_BUY : SIDE_SELL;
    const slot_t *slots = scene->book->slots;
    for (uint32_t at = scene->lane->first_working; at != NONE; at = slots[at].next_working)
        if (slots[at].side != ours)
            return true;
    return false;
}

static const char *fix_rate (const scene_t *scene)
{
    if (scene->copy->rate.den_e9 > 0 && !DELIBERATE (RATE_EACH_TIME))
        return NULL;
    int64_t ordered_e9 = scene->parent->trade.order_qty_e9;
    scene->copy->rated_equity_e9 = scene->client->equity_e9;
    return rate_today (scene, ordered_e9 > 0 ? ordered_e9 : scene->state->opened_e9, &scene->copy->rate);
}

static const char *too_small (const scene_t *scene, int64_t qty_e9)
{
    int64_t notional_e9;
    if (qty_e9 <= 0 || qty_e9 < scene->rules->min_order_e9)
        return "below_minimum";
    if (fixed_mul_div (qty_e9, scene->state->price_e9, FIXED_ONE, ROUND_DOWN, &notional_e9))
        return "out_of_range";
    return notional_e9 < scene->rules->min_notional_e9 ? "below_minimum" : NULL;
}

static decision_t decide_entry (const scene_t *scene, int64_t opened_e9)
{
    bool buys = scene->parent->trade.side == TRADE_SIDE_BUY;
    const char *why = filtered (scene);
    bool other_side = holds_other_side (scene);
    if (!DELIBERATE (FLIP_AT_ONCE) && !why && (other_side || opposed (scene)) && scene->lane->working > 0 &&
        !stale (scene))
        return (decision_t){
            .kind = DECIDE_FOLLOW}; /*  our own exit still fills: a wash trade else, or a crossing */
    if (!why && other_side && !stale (scene)) /*  else it expires, aloud (P7) */
        why = "opposite_position";
    if (!why)
        why = fix_rate (scene);
    int64_t target_e9 = 0;
    if (!why && scaling_entry (&scene->copy->rate, opened_e9, &target_e9))
        why = "out_of_range";
    if (why)
        return skip (why);
    if (!buys || !fractions_allowed (scene)) /*  the broker sells no fraction short */
        target_e9 = fixed_floor_to (target_e9 + (DELIBERATE (ROUND_UP) ? FIXED_ONE - 1 : 0), FIXED_ONE);
    int64_t ordered_e9 = book_sum_e9 (scene->book, scene->at, LEG_OPEN);
    int64_t qty_e9 = target_e9 - ordered_e9;
    why = too_small (scene, qty_e9);
    if (!why && scene->copy->rate_lost && ordered_e9 > 0 && qty_e9 < target_e9 / DRIFT_PART)
        return skip ("drift");
    if (why)
        return skip (ordered_e9 > 0 ? "covered" : why);
    if (stale (scene))
        return (decision_t){.kind = DECIDE_EXPIRE, .reason = "stale", .target_e9 = target_e9};
    return (decision_t){.kind = DECIDE_ORDER,
        .leg = LEG_OPEN,
        .side = buys ? SIDE_BUY : SIDE_SELL,
        .intent = buys ? INTENT_BUY_TO_OPEN : INTENT_SELL_TO_OPEN,
        .qty_e9 = qty_e9,
        .target_e9 = target_e9};
}

decision_t decide (book_t *book, uint32_t copy, const decide_rules_t *rules, const decide_when_t *when)
{
    assert (book && copy < book->max_copies && rules && when);
    copy_t *entry = &book->copies[copy];
    scene_t scene = {.book = book,
        .copy = entry,
        .client = &book->clients[entry->client],
        .parent = &book->parents[entry->parent],
        .lane = &book->lanes[entry->lane],
        .state = book_state (book, copy, entry->due_version),
        .at = copy,
        .rules = rules,
        .when = when};
    if (!scene.client->active)
        return skip ("inactive");
    int64_t opened_e9 = scene.state->opened_e9 - entry->base_opened_e9;
    bool closes = scene.state->remaining_e18 < entry->base_remaining_e18;
    if (opened_e9 <= 0 && !closes)
        return skip (entry->joined_late ? "joined_later" : "nothing_executed");
    if (!scene.client->positions_known || !scene.client->equity_known || scene.lane->doubtful)
        return (decision_t){
            .kind = stale (&scene) && !closes ? DECIDE_EXPIRE : DECIDE_WARM, .reason = "stale"};
    if (closes) {
        if (scene.lane->working > 0)
            return (decision_t){.kind = DECIDE_FOLLOW};
        decision_t exit_decision = decide_exit (&scene);
        if (exit_decision.kind != DECIDE_SKIP || opened_e9 <= 0)
            return exit_decision;
    }
    return decide_entry (&scene, opened_e9);
}
