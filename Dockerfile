# Not yet built: written where no Docker engine runs. Checked by hand there: the Maven command, the extraction of
# the layers, the start from them, the AOT cache's script, and the health check's command.

FROM maven:3-eclipse-temurin-25 AS build
WORKDIR /source
COPY . .
# The tests ran before (.ci/run); they start servers of their own, which a build step has no business to do.
RUN --mount=type=cache,target=/root/.m2 mvn --batch-mode --no-transfer-progress -DskipTests package
RUN cp server/target/server-*.jar server.jar \
    && java -Djarmode=tools -jar server.jar extract --layers --destination /layers \
    # PostgreSQL for macOS.
    && rm /layers/dependencies/lib/embedded-postgres-binaries-darwin-*.jar

FROM eclipse-temurin:25-jre
# PostgreSQL, which the server starts when it is given no database, refuses to run as root.
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin keyledger \
    && install --directory --owner keyledger --mode 0700 /data
WORKDIR /app
# What changes least comes first, so that an update pulls little.
COPY --from=build /layers/dependencies/ ./
COPY --from=build /layers/spring-boot-loader/ ./
COPY --from=build /layers/snapshot-dependencies/ ./
COPY --from=build /layers/application/ ./
# The AOT cache, which halves the time to start: made by this Java, of the jar under the name that is started below.
RUN --mount=type=bind,from=build,source=/source/deploy/make-aot-cache.sh,target=/make-aot-cache.sh \
    runuser -u keyledger -- bash /make-aot-cache.sh server.jar /tmp/server.aot && mv /tmp/server.aot .
USER keyledger
ENV KEYLEDGER_DATA_DIR=/data
VOLUME /data
EXPOSE 8080
# By bash, which the image has; it has no curl.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["bash", "-c", "\
    exec 3<>/dev/tcp/127.0.0.1/${SERVER_PORT:-8080} && \
    printf 'GET /actuator/health/readiness HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && \
    read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
# The heap leaves room for what lies outside it: threads, buffers, hashing of passwords, an embedded PostgreSQL.
# More options: the environment variable JDK_JAVA_OPTIONS.
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=60", "-XX:+ExitOnOutOfMemoryError", "-XX:AOTCache=server.aot", "-jar", "server.jar"]
