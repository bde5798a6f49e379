#  The glue that lets libcurl and libwebsockets live on an actor's libuv loop.
house_library (NAME host_loops SOURCES ${CMAKE_CURRENT_LIST_DIR}/curl_loop.c ${CMAKE_CURRENT_LIST_DIR}/lws_loop.c
    USES messages PRIVATE_USES PkgConfig::UV PkgConfig::CURL PkgConfig::LWS)
