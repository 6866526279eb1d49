package io.keyledger.server;

import io.keyledger.server.settings.KeyledgerSettings;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.context.annotation.FullyQualifiedAnnotationBeanNameGenerator;

/** The program: composes both sides into one server. */
@SpringBootApplication(
        scanBasePackages = "io.keyledger",
        // Both sides name things by the same nouns.
        nameGenerator = FullyQualifiedAnnotationBeanNameGenerator.class,
        // Startup migrates, when the database is there.
        exclude = FlywayAutoConfiguration.class)
@EnableConfigurationProperties(KeyledgerSettings.class)
public class Keyledger {

    public static void main(String[] args) {
        SpringApplication.run(Keyledger.class, args);
    }
}
