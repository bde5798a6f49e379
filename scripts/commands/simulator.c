/*  simulator.c: the command in front of broker/simulator. */
#include "broker/simulator/simulator.h"
#include "scripts/commands/command.h"
#include "scripts/commands/number.h"
#include "scripts/commands/options.h"

#include <stdlib.h>

typedef struct {
    const char *port;
    const char *seed;
    const char *accounts;
} texts_t;

static int read_numbers (const options_t *options, const texts_t *texts, simulator_options_t *result)
{
    uint64_t value = 0;
    if (texts->port && number_parse (texts->port, 0, 65535, &value) != 0)
        return options_refuse (options, "--port: \"%.40s\" found, expected 0 to 65535", texts->port);
    result->port = (uint16_t) value;
    if (texts->seed && number_parse (texts->seed, 0, UINT64_MAX, &result->seed) != 0)
        return options_refuse (options, "--seed: \"%.40s\" found, expected a whole number", texts->seed);
    value = 0;
    if (texts->accounts && number_parse (texts->accounts, 0, SIMULATOR_ACCOUNTS_MAX, &value) != 0)
        return options_refuse (options, "--accounts: \"%.40s\" found, expected 0 to %d", texts->accounts,
            SIMULATOR_ACCOUNTS_MAX);
    result->accounts = (uint32_t) value;
    return 0;
}

static int simulator (int argc, char **argv)
{
    simulator_options_t result = SIMULATOR_OPTIONS_DEFAULT;
    texts_t texts = {0};
    const option_t list[] = {
        {.name = "--host",
            .value = "ADDRESS",
            .help = "where it listens; default 127.0.0.1",
            .text = &result.host},
        {.name = "--port", .value = "PORT", .help = "default 0 = any free one, printed", .text = &texts.port},
        {.name = "--tls", .help = "https and wss, HTTP/2 by ALPN", .flag = &result.tls},
        {.name = "--cert",
            .value = "FILE",
            .help = "PEM; default: self-signed, made at start",
            .text = &result.cert_file},
        {.name = "--key", .value = "FILE", .help = "PEM; with --cert", .text = &result.key_file},
        {.name = "--cert-out",
            .value = "FILE",
            .help = "writes the certificate there, for ALPACA_CA_FILE",
            .text = &result.cert_out},
        {.name = "--seed", .value = "N", .help = "of everything random; default 1", .text = &texts.seed},
        {.name = "--accounts", .value = "N", .help = "accounts made at start", .text = &texts.accounts},
        {.name = "--json", .help = "prints the accounts' keys as one line", .flag = &result.json},
        {0},
    };
    const options_t options = {.command = "simulator",
        .arguments = "[options]",
        .about =
            "A stock broker that speaks Alpaca's Trading API, for tests and demos; see docs/simulator.md.\n"
            "SIMULATOR_CONTROL_TOKEN in the environment protects its control API.",
        .options = list};
    int rc = options_parse (&options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    rc = read_numbers (&options, &texts, &result);
    if (rc)
        return rc;
    result.control_token = getenv ("SIMULATOR_CONTROL_TOKEN");
    problem_t problem = {0};
    rc = simulator_run (&result, &problem);
    return rc ? command_fail (&problem) : EXIT_OK;
}

const command_t command_simulator = {
    "simulator", "a broker for tests and demos, no account needed", simulator};
