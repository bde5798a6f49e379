/*  alert_settings.h: what the alert core gets from the settings. */
#ifndef ALERT_SETTINGS_H
#define ALERT_SETTINGS_H

#include "actors/alert/alert.h"
#include "actors/host/settings.h"

void alert_settings (alert_config_t *config, const char *name, const settings_t *settings);

#endif
