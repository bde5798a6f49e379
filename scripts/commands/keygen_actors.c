/*  keygen_actors.c: CURVE certificates, a pair of files a role, or one more for one actor. */
#include "scripts/commands/keygen_actors.h"

#include "actors/host/certificate.h"
#include "actors/host/topology.h"
#include "scripts/commands/command.h"
#include "storage/vault.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*  Roles that are no actors of a topology: the gateway may be added to any, and people read the tap. */
static bool wanted (const topology_t *topology, const char *role)
{
    bool found = !topology || strcmp (role, "gateway") == 0 || strcmp (role, "monitor") == 0;
    for (size_t n = 0; topology && n < topology->count; n++)
        found = found || strcmp (role_text (topology->actors[n].role), role) == 0;
    return found;
}

static int check_name (const topology_t *topology, const char *name, problem_t *problem)
{
    certificate_t certificate;
    if (!certificate_name (&certificate, name) || strchr (name, '~'))
        return problem_set (problem, ERR_SETTING, "--name",
            "'%.40s': expected a role (dispatcher, listener, executor, audit, alert, gateway, tap, monitor), "
            "or a role, "
            "a dash and more: executor-7",
            name);
    if (!topology || certificate.role == CERTIFICATE_MONITOR || certificate.role == CERTIFICATE_GATEWAY ||
        strcmp (name, certificate_role_text (certificate.role)) == 0 || topology_find (topology, name))
        return 0;
    return problem_set (problem, ERR_NOT_FOUND, name, "there is no such actor in the topology");
}

static int check_free (const keygen_actors_t *self, const char *name, problem_t *problem)
{
    char path[CERTIFICATE_PATH_MAX];
    int rc = certificate_secret_path (path, self->out, name, problem);
    bool taken = rc == 0 && access (path, F_OK) == 0;
    if (rc == 0 && !taken)
        rc = certificate_public_path (path, self->out, name, problem);
    if (rc == 0 && (taken || access (path, F_OK) == 0) && !self->force)
        rc = problem_set (
            problem, ERR_EXISTS, path, "a certificate stands there: nothing was made; --force replaces it");
    return rc;
}

static int make (const keygen_actors_t *self, const char *name, problem_t *problem)
{
    int rc = certificate_make (self->out, name, self->force, problem);
    if (rc == 0)
        printf ("%s/secret/%s.key_secret %s/public/%s.key\n", self->out, name, self->out, name);
    return rc;
}

/*  All or nothing, as far as names that are taken go. */
static int make_roles (const keygen_actors_t *self, const topology_t *topology, problem_t *problem)
{
    int rc = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int n = 0; n < CERTIFICATE_ROLES && rc == 0; n++) {
            const char *role = certificate_role_text ((certificate_role_t) n);
            if (wanted (topology, role))
                rc = pass == 0 ? check_free (self, role, problem) : make (self, role, problem);
        }
    return rc;
}

int keygen_actors (const keygen_actors_t *self)
{
    static topology_t topology;
    problem_t problem = {0};
    int rc = vault_harden (&problem);
    if (rc == 0 && self->topology)
        rc = topology_load (&topology, self->topology, 1, true, &problem);
    const topology_t *known = self->topology ? &topology : NULL;
    if (rc == 0 && self->name)
        rc = check_name (known, self->name, &problem);
    if (rc == 0 && self->name)
        rc = check_free (self, self->name, &problem);
    if (rc == 0)
        rc = self->name ? make (self, self->name, &problem) : make_roles (self, known, &problem);
    if (rc == 0 && fflush (stdout) != 0)
        rc = problem_set (&problem, ERR_IO, "stdout", "cannot be written");
    return rc ? command_fail (&problem) : EXIT_OK;
}
