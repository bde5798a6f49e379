/*  encode.c: members of JSON objects, and the smaller objects. */
#include "broker/simulator/encode.h"

#include <assert.h>
#include <string.h>

static void name_put (http_buffer_t *out, const char *name)
{
    http_buffer_put (out, "\"", 1);
    http_buffer_text (out, name);
    http_buffer_put (out, "\":", 2);
}

static void comma (http_buffer_t *out)
{
    http_buffer_put (out, ",", 1);
}

void encode_text (http_buffer_t *out, const char *name, const char *text)
{
    name_put (out, name);
    http_buffer_json (out, text);
    comma (out);
}

void encode_text_or_null (http_buffer_t *out, const char *name, const char *text)
{
    encode_text (out, name, text && *text ? text : NULL);
}

void encode_amount (http_buffer_t *out, const char *name, int64_t value_e9)
{
    char text[FIXED_TEXT_MAX];
    size_t size = fixed_format (value_e9, text);
    name_put (out, name);
    http_buffer_put (out, "\"", 1);
    http_buffer_put (out, text, size);
    http_buffer_put (out, "\",", 2);
}

void encode_amount_or_null (http_buffer_t *out, const char *name, int64_t value_e9)
{
    if (value_e9)
        encode_amount (out, name, value_e9);
    else
        encode_text (out, name, NULL);
}

void encode_number (http_buffer_t *out, const char *name, int64_t value_e9)
{
    char text[FIXED_TEXT_MAX];
    size_t size = fixed_format (value_e9, text);
    name_put (out, name);
    http_buffer_put (out, text, size);
    comma (out);
}

void encode_integer (http_buffer_t *out, const char *name, int64_t value)
{
    http_buffer_printf (out, "\"%s\":%lld,", name, (long long) value);
}

void encode_flag (http_buffer_t *out, const char *name, bool value)
{
    http_buffer_printf (out, "\"%s\":%s,", name, value ? "true" : "false");
}

void encode_time (http_buffer_t *out, const char *name, int64_t at_ns)
{
    char text[TIME_TEXT_MAX];
    encode_text (out, name, at_ns ? time_format (at_ns, text) : NULL);
}

void encode_open (http_buffer_t *out)
{
    http_buffer_put (out, "{", 1);
}

void encode_close (http_buffer_t *out)
{
    assert (http_buffer_size (out) > 0);
    if (out->bytes[out->size - 1] == ',')
        out->size--;
    http_buffer_put (out, "}", 1);
}

void encode_error (http_buffer_t *out, const engine_error_t *error)
{
    assert (out && error);
    encode_open (out);
    if (error->code)
        encode_integer (out, "code", error->code);
    encode_text (out, "message", error->message);
    for (size_t i = 0; i < error->extras_count; i++)
        encode_text (out, error->extras[i].name, error->extras[i].value);
    encode_close (out);
}

static void account_money (http_buffer_t *out, const engine_account_t *account)
{
    encode_amount (out, "cash", account->cash_e9);
    encode_amount (out, "equity", account->equity_e9);
    encode_amount (out, "last_equity", account->last_equity_e9);
    encode_amount (out, "portfolio_value", account->equity_e9);
    encode_amount (out, "buying_power", account->buying_power_e9);
    encode_amount (out, "regt_buying_power", account->regt_buying_power_e9);
    encode_amount (out, "effective_buying_power", account->effective_buying_power_e9);
    encode_amount (out, "options_buying_power", account->options_buying_power_e9);
    encode_amount (out, "non_marginable_buying_power", account->non_marginable_buying_power_e9);
    encode_amount (out, "long_market_value", account->long_market_value_e9);
    encode_amount (out, "short_market_value", account->short_market_value_e9);
    encode_amount (out, "position_market_value", account->position_market_value_e9);
    encode_amount (out, "initial_margin", account->initial_margin_e9);
    encode_amount (out, "maintenance_margin", account->maintenance_margin_e9);
    encode_amount (out, "last_maintenance_margin", account->last_maintenance_margin_e9);
    encode_amount (out, "sma", account->sma_e9);
    encode_amount (out, "accrued_fees", account->accrued_fees_e9);
}

void encode_account (http_buffer_t *out, const engine_account_t *account)
{
    assert (out && account);
    encode_open (out);
    encode_text (out, "id", account->id);
    encode_text (out, "account_number", account->account_number);
    encode_text (out, "status", account->status);
    encode_text (out, "crypto_status", "ACTIVE");
    encode_text (out, "currency", account->currency);
    account_money (out, account);
    encode_amount (out, "multiplier", account->multiplier * FIXED_ONE);
    encode_time (out, "created_at", account->created_at_ns);
    encode_flag (out, "trading_blocked", account->trading_blocked);
    encode_flag (out, "transfers_blocked", account->transfers_blocked);
    encode_flag (out, "account_blocked", account->account_blocked);
    encode_flag (out, "trade_suspended_by_user", account->trade_suspended_by_user);
    encode_flag (out, "shorting_enabled", account->shorting_enabled);
    encode_integer (out, "crypto_tier", account->crypto_tier);
    encode_integer (out, "options_approved_level", account->options_approved_level);
    encode_integer (out, "options_trading_level", account->options_trading_level);
    encode_close (out);
}

void encode_configurations (http_buffer_t *out, const engine_configurations_t *configurations)
{
    assert (out && configurations);
    encode_open (out);
    encode_flag (out, "fractional_trading", configurations->fractional_trading);
    encode_amount (out, "max_margin_multiplier", configurations->max_margin_multiplier * FIXED_ONE);
    encode_flag (out, "no_shorting", configurations->no_shorting);
    encode_flag (out, "suspend_trade", configurations->suspend_trade);
    encode_text (out, "trade_confirm_email", configurations->trade_confirm_email);
    /*  gone from the API since July 2026, but alpaca-py 0.43.2 refuses an answer without them */
    encode_text (out, "dtbp_check", "entry");
    encode_text (out, "pdt_check", "entry");
    encode_flag (out, "ptp_no_exception_entry", configurations->ptp_no_exception_entry);
    encode_flag (out, "disable_overnight_trading", configurations->disable_overnight_trading);
    encode_close (out);
}

void encode_asset (http_buffer_t *out, const engine_asset_t *asset)
{
    assert (out && asset);
    encode_open (out);
    encode_text (out, "id", asset->id);
    encode_text (out, "class", engine_class_text (asset->asset_class));
    encode_text (out, "exchange", asset->exchange);
    encode_text (out, "symbol", asset->symbol);
    encode_text (out, "name", asset->name);
    encode_text (out, "status", asset->active ? "active" : "inactive");
    encode_flag (out, "tradable", asset->tradable);
    encode_flag (out, "marginable", asset->marginable);
    encode_flag (out, "shortable", asset->shortable);
    encode_flag (out, "easy_to_borrow", asset->easy_to_borrow);
    encode_text (out, "borrow_status", asset->easy_to_borrow ? "easy_to_borrow" : "hard_to_borrow");
    encode_flag (out, "fractionable", asset->fractionable);
    encode_integer (out, "maintenance_margin_requirement", asset->maintenance_margin_percent);
    if (asset->asset_class == ENGINE_CLASS_CRYPTO) {
        encode_amount (out, "min_order_size", asset->min_order_size_e9);
        encode_amount (out, "min_trade_increment", asset->min_trade_increment_e9);
        encode_amount (out, "price_increment", asset->price_increment_e9);
    }
    http_buffer_text (out, "\"attributes\":[]");
    encode_close (out);
}
