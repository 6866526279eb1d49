package io.keyledger.server.cli;

import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.Origin;
import io.keyledger.command.Commands;
import io.keyledger.server.Keyledger;
import io.keyledger.server.database.DatabaseClock;
import io.keyledger.server.database.DatabaseConfiguration;
import io.keyledger.server.database.DatabaseConfiguration.Database;
import io.keyledger.server.database.MasterKeys;
import io.keyledger.server.database.Migrations;
import io.keyledger.server.settings.KeyledgerSettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.axonframework.eventhandling.GenericEventMessage;
import org.axonframework.eventhandling.tokenstore.AbstractTokenEntry;
import org.axonframework.queryhandling.QueryGateway;
import org.slf4j.MDC;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.context.MessageSourceAutoConfiguration;
import org.springframework.boot.autoconfigure.context.PropertyPlaceholderAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.FilterType;
import org.springframework.context.annotation.FullyQualifiedAnnotationBeanNameGenerator;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.ControllerAdvice;
import tools.jackson.databind.json.JsonMapper;

/**
 * The server's parts, for the length of a command: without web server, projections, housekeeping and first
 * administrator. What a command does not ask for is not made.
 */
final class Composition implements AutoCloseable {

    private final ConfigurableApplicationContext context;
    private final Caller caller;

    private Composition(ConfigurableApplicationContext context, Caller caller) {
        this.context = context;
        this.caller = caller;
    }

    /** All that the server has but what speaks HTTP. Not found by the server's own search for components. */
    @ComponentScan(
            basePackages = "io.keyledger",
            nameGenerator = FullyQualifiedAnnotationBeanNameGenerator.class,
            excludeFilters = {
                @ComponentScan.Filter(
                        type = FilterType.ANNOTATION,
                        classes = {Controller.class, ControllerAdvice.class}),
                @ComponentScan.Filter(type = FilterType.ASSIGNABLE_TYPE, classes = Keyledger.class)
            })
    @EnableConfigurationProperties(KeyledgerSettings.class)
    @ImportAutoConfiguration({
        PropertyPlaceholderAutoConfiguration.class,
        MessageSourceAutoConfiguration.class,
        JacksonAutoConfiguration.class,
        JdbcTemplateAutoConfiguration.class,
        JdbcClientAutoConfiguration.class,
        DataSourceTransactionManagerAutoConfiguration.class,
        TransactionAutoConfiguration.class
    })
    private static final class Parts {

        @Bean
        MeterRegistry meters() {
            return new SimpleMeterRegistry();
        }
    }

    /**
     * @param command as the trail names it
     * @param verbose whether the log goes to standard error from the level info on, or from warn on
     * @param create whether a database is made where there is none
     */
    static Composition open(String command, boolean verbose, boolean create) {
        var correlationId = UUID.randomUUID().toString().replace("-", "");
        MDC.put("correlationId", correlationId);
        var application = new SpringApplication(Parts.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        application.setLazyInitialization(true);
        application.setRegisterShutdownHook(false);
        application.setLogStartupInfo(false);
        var context = application.run(settings(verbose, create));
        var composition = new Composition(
                context,
                new Caller(
                        Caller.Kind.SYSTEM,
                        null,
                        null,
                        null,
                        false,
                        Set.of(),
                        new Origin(null, command, correlationId)));
        Interruption.closeAtTheEnd(composition);
        try {
            composition.prepare(create);
            return composition;
        } catch (RuntimeException | Error e) {
            composition.close();
            throw e;
        }
    }

    /** Those of the command line win over the environment's, which are the server's. */
    private static String[] settings(boolean verbose, boolean create) {
        var settings = new ArrayList<>(List.of(
                // Whatever part of it the server does on this machine.
                "--keyledger.roles=command,query",
                "--" + DatabaseConfiguration.CREATE + "=" + create,
                // What it would say, the command says in a sentence.
                "--logging.level.io.keyledger.server.settings.ConfigurationMistake=off",
                "--logging.level.org.springframework.boot.SpringApplication=off"));
        if (!verbose) {
            settings.add("--logging.level.root=warn");
            settings.add("--logging.level.io.keyledger=warn");
        }
        return settings.toArray(String[]::new);
    }

    /** What the server's start does, as far as a command needs it. */
    private void prepare(boolean create) {
        var database = bean(Database.class);
        if (create) {
            Migrations.run(database);
        } else {
            Migrations.requireDone(database);
        }
        var jdbc = bean(JdbcClient.class);
        var clock = bean(DatabaseClock.class);
        clock.measure(jdbc);
        GenericEventMessage.clock = clock;
        AbstractTokenEntry.clock = clock;
        if (create) {
            bean(MasterKeys.class).claim(jdbc);
        } else {
            bean(MasterKeys.class).require(jdbc);
        }
    }

    /** Any part of the server. */
    <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    Commands commands() {
        return bean(Commands.class);
    }

    QueryGateway queries() {
        return bean(QueryGateway.class);
    }

    JdbcClient jdbc() {
        return bean(JdbcClient.class);
    }

    JsonMapper json() {
        return bean(JsonMapper.class);
    }

    /** Who the trail says it was: the system, by this command. */
    Caller caller() {
        return caller;
    }

    @Override
    public void close() {
        // Stopping a database takes a moment, also for who was told to hurry.
        var _ = Thread.interrupted();
        context.close();
    }
}
