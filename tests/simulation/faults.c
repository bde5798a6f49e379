/*  faults.c: see faults.h. */
#include "tests/simulation/faults.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    int level;
    uint32_t ppm;
} s_faults[] = {
#define _(name, level, ppm) {#name, level, ppm},
    FAULT_LIST (_)
#undef _
};

void faults_level (faults_t *self, int level)
{
    for (int at = 0; at < FAULT_COUNT; at++)
        self->on[at] = s_faults[at].level <= level;
}

int faults_switch (faults_t *self, const char *name, bool on)
{
    for (int at = 0; at < FAULT_COUNT; at++)
        if (strcasecmp (s_faults[at].name, name) == 0) {
            self->on[at] = on;
            return 0;
        }
    return -1;
}

const char *fault_text (fault_t fault)
{
    return s_faults[fault].name;
}

void faults_calm (faults_t *self)
{
    static const fault_t crashes[] = {FAULT_EXECUTOR_CRASH, FAULT_EXECUTOR_ZOMBIE, FAULT_DISPATCHER_CRASH,
        FAULT_AUDIT_CRASH, FAULT_LISTENER_CRASH, FAULT_SHARD_DIES, FAULT_SHARD_PARTED};
    for (size_t at = 0; at < sizeof crashes / sizeof *crashes; at++)
        self->on[crashes[at]] = false;
}

bool faults_strike (faults_t *self, fault_t fault, dice_t *chance)
{
    if (!self->on[fault] || self->stopped || !dice_ppm (chance, s_faults[fault].ppm))
        return false;
    self->happened[fault]++;
    return true;
}
