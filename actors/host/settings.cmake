#  the library `settings`: .env and environment (owned apart from the rest of the host, which only reads it)
house_library (NAME settings
    SOURCES ${CMAKE_SOURCE_DIR}/actors/host/settings.c ${CMAKE_SOURCE_DIR}/actors/host/settings_info.c
        ${CMAKE_SOURCE_DIR}/actors/host/settings_value.c ${CMAKE_SOURCE_DIR}/actors/host/settings_dotenv.c
        ${CMAKE_SOURCE_DIR}/actors/host/settings_read.c ${CMAKE_SOURCE_DIR}/actors/host/settings_check.c
        ${CMAKE_SOURCE_DIR}/actors/host/settings_alerts.c ${CMAKE_SOURCE_DIR}/actors/host/alert_address.c
    USES messages
    PRIVATE_USES PkgConfig::SODIUM)
