package io.keyledger.server.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.example.invoices.Invoices;
import org.springframework.boot.Banner;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Another team's service: a Spring Boot application of its own, with Spring Security's support for opaque tokens, the
 * three settings of docs/resource-servers.md, and nothing of Keyledger's.
 */
final class ResourceServer implements AutoCloseable {

    private static final Pattern SETTINGS = Pattern.compile("```yaml\\n(.*?opaquetoken:.*?)```", Pattern.DOTALL);

    private final ConfigurableApplicationContext context;

    private ResourceServer(ConfigurableApplicationContext context) {
        this.context = context;
    }

    /**
     * @param directory where its application.yml goes
     * @param clientId the id of the token that it asks with
     * @param clientSecret the value of that token
     */
    static ResourceServer start(Path directory, URI keyledger, String clientId, String clientSecret) {
        try {
            var document = SETTINGS.matcher(Files.readString(Path.of("..", "docs", "resource-servers.md")));
            if (!document.find()) {
                throw new AssertionError("docs/resource-servers.md has no settings");
            }
            var settings = document.group(1)
                    .replace("https://keyledger.example.org", keyledger.toString())
                    .replace("tok_of_this_service", clientId);
            var file = Files.writeString(directory.resolve("application.yml"), settings);
            return new ResourceServer(new SpringApplicationBuilder(Invoices.class)
                    .bannerMode(Banner.Mode.OFF)
                    .run(
                            // Keyledger's own application.yml is on this class path, too.
                            "--spring.config.location=" + file.toUri(),
                            "--KEYLEDGER_TOKEN=" + clientSecret,
                            "--server.address=127.0.0.1",
                            // It logs a stack trace when Keyledger is away, which is what a test does.
                            "--logging.level.org.apache.catalina.core.ContainerBase=off",
                            "--server.port=0"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + context.getEnvironment().getRequiredProperty("local.server.port"));
    }

    @Override
    public void close() {
        context.close();
    }
}
