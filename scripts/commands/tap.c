/*  tap.c: prints the messages of a running copier, one line each. */
#include "actors/host/run.h"
#include "scripts/commands/command.h"
#include "scripts/commands/number.h"
#include "scripts/commands/options.h"
#include "scripts/commands/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct {
    bool json;
    uint64_t left; /*  0 = without end */
    char *text;    /*  MESSAGE_TEXT_MAX bytes */
} printer_t;

static void print_time (void)
{
    struct timespec now;
    struct tm parts;
    char text[16];
    clock_gettime (CLOCK_REALTIME, &now);
    gmtime_r (&now.tv_sec, &parts);
    strftime (text, sizeof text, "%H:%M:%S", &parts);
    printf ("%s.%03ld ", text, now.tv_nsec / 1000000);
}

/*  Flushed line by line, so that a pipe sees them at once; nobody reads any more: the end. */
static bool on_message (void *context, const char *subject, const message_t *message)
{
    printer_t *self = context;
    if (message)
        message_dump (message, self->text, MESSAGE_TEXT_MAX);
    const char *body = message ? self->text : "null";
    if (self->json) {
        printf ("{\"subject\":");
        print_json_text (stdout, subject);
        printf (",\"message\":%s}\n", body);
    } else {
        print_time ();
        printf ("%-22s %s\n", subject, message ? body : "(not known to this version)");
    }
    if (fflush (stdout) != 0)
        return false;
    return self->left == 0 || --self->left > 0;
}

static int print_tap (const host_tap_options_t *options, printer_t *printer)
{
    host_tap_options_t tap_options = *options;
    printer->text = malloc (MESSAGE_TEXT_MAX);
    if (!printer->text) {
        problem_t problem;
        problem_set (&problem, ERR_MEMORY, "tap", "no memory");
        return command_fail (&problem);
    }
    tap_options.on_message = on_message;
    tap_options.context = printer;
    int rc = host_tap (&tap_options);
    free (printer->text);
    return rc;
}

static int tap (int argc, char **argv)
{
    host_tap_options_t tap_options = {0};
    printer_t printer = {0};
    const char *count = NULL;
    const option_t list[] = {
        {.name = "--subject",
            .value = "PREFIX",
            .help = "only these, e.g. copy. or master.order",
            .text = &tap_options.subject},
        {.name = "--json", .help = "one JSON object a line: subject, message", .flag = &printer.json},
        {.name = "--endpoint",
            .value = "E",
            .help = "default: that of the copier running on DATABASE_URL",
            .text = &tap_options.endpoint},
        {.name = "--count", .value = "N", .help = "ends after N messages", .text = &count},
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &tap_options.env_file},
        {0},
    };
    const options_t options = {.command = "tap",
        .arguments = "[--subject PREFIX] [--json] [--count N]",
        .about = "Prints every message between the actors of a running copier; no secret is among them.",
        .options = list};
    int rc = options_parse (&options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    if (count && number_parse (count, 1, UINT64_MAX, &printer.left) != 0)
        return options_refuse (&options, "--count: \"%.40s\" found, expected a whole number above 0", count);
    return print_tap (&tap_options, &printer);
}

const command_t command_tap = {"tap", "print the messages of a running copier", tap};
