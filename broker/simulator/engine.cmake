#  The pure engine of the simulator: messages and libc only (no third party).
house_library (NAME simulator_engine
    SOURCES
        ${CMAKE_CURRENT_LIST_DIR}/account.c
        ${CMAKE_CURRENT_LIST_DIR}/activity.c
        ${CMAKE_CURRENT_LIST_DIR}/asset.c
        ${CMAKE_CURRENT_LIST_DIR}/calendar.c
        ${CMAKE_CURRENT_LIST_DIR}/chance.c
        ${CMAKE_CURRENT_LIST_DIR}/draft.c
        ${CMAKE_CURRENT_LIST_DIR}/engine.c
        ${CMAKE_CURRENT_LIST_DIR}/history.c
        ${CMAKE_CURRENT_LIST_DIR}/orders.c
        ${CMAKE_CURRENT_LIST_DIR}/matching.c
        ${CMAKE_CURRENT_LIST_DIR}/order.c
        ${CMAKE_CURRENT_LIST_DIR}/portfolio.c
        ${CMAKE_CURRENT_LIST_DIR}/position.c
        ${CMAKE_CURRENT_LIST_DIR}/refusal.c
        ${CMAKE_CURRENT_LIST_DIR}/replace.c
        ${CMAKE_CURRENT_LIST_DIR}/rules.c
        ${CMAKE_CURRENT_LIST_DIR}/table.c
    USES messages)
