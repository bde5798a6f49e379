#  The glue that lets libcurl, libwebsockets and hiredis live on an actor's libuv loop.
house_library (NAME host_loops SOURCES ${CMAKE_CURRENT_LIST_DIR}/curl_loop.c ${CMAKE_CURRENT_LIST_DIR}/lws_loop.c
        ${CMAKE_CURRENT_LIST_DIR}/redis_loop.c ${CMAKE_CURRENT_LIST_DIR}/redis_watch.c ${CMAKE_CURRENT_LIST_DIR}/redis_tls.c
    USES messages
    PRIVATE_USES storage PkgConfig::UV PkgConfig::CURL PkgConfig::LWS PkgConfig::HIREDIS PkgConfig::SODIUM)
if (HIREDIS_SSL_FOUND) #  not in bookworm: rediss:// is refused there
    target_link_libraries (host_loops PRIVATE PkgConfig::HIREDIS_SSL PkgConfig::OPENSSL)
    target_compile_definitions (host_loops PRIVATE HOUSE_REDIS_TLS)
endif ()
