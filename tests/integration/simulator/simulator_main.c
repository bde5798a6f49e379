/*  simulator_main.c: the simulator alone, so that its tests need no other part of the house. */
#include "broker/simulator/simulator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main (int argc, char **argv)
{
    simulator_options_t options = SIMULATOR_OPTIONS_DEFAULT;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp (argv[i], "--tls") == 0)
            options.tls = true;
        else if (strcmp (argv[i], "--json") == 0)
            options.json = true;
        else if (strcmp (argv[i], "--port") == 0)
            options.port = (uint16_t) strtoul (value, NULL, 10);
        else if (strcmp (argv[i], "--host") == 0)
            options.host = value;
        else if (strcmp (argv[i], "--accounts") == 0)
            options.accounts = (uint32_t) strtoul (value, NULL, 10);
        else if (strcmp (argv[i], "--cert-out") == 0)
            options.cert_out = value;
        else if (strcmp (argv[i], "--control-token") == 0)
            options.control_token = value;
    }
    problem_t problem = {0};
    if (simulator_run (&options, &problem)) {
        char line[600];
        fprintf (stderr, "%s\n", problem_line (&problem, line, sizeof (line)));
        return 1;
    }
    return 0;
}
