package io.keyledger.server;

import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.token.TokenPolicy;
import io.keyledger.command.Commands;
import io.keyledger.command.account.AccountMail;
import io.keyledger.command.account.Credentials;
import io.keyledger.command.account.FamiliarClients;
import io.keyledger.command.account.PasswordHasher;
import io.keyledger.command.account.PasswordThrottle;
import io.keyledger.command.account.Passwords;
import io.keyledger.command.account.PersonalTraces;
import io.keyledger.command.account.ResetLinks;
import io.keyledger.command.account.WebSessions;
import io.keyledger.command.token.ExpiryAnnouncer;
import io.keyledger.command.token.ExpiryRecorder;
import io.keyledger.command.token.IdempotencyKeys;
import io.keyledger.command.token.LeakReportKeys;
import io.keyledger.command.token.PolicyRecorder;
import io.keyledger.command.webhook.WebhookDeliveries;
import io.keyledger.command.webhook.WebhookOutbox;
import io.keyledger.command.webhook.WebhookTargets;
import io.keyledger.command.webhook.Webhooks;
import io.keyledger.query.Cursors;
import io.keyledger.query.ProjectionPositions;
import io.keyledger.query.authentication.AccountLookup;
import io.keyledger.query.authentication.LookupProjection;
import io.keyledger.query.authentication.TokenLookup;
import io.keyledger.query.authentication.TokenUses;
import io.keyledger.query.record.CheckpointPlaces;
import io.keyledger.query.record.Checkpoints;
import io.keyledger.query.record.RecordKeys;
import io.keyledger.query.record.RecordSequencer;
import io.keyledger.server.database.DatabaseClock;
import io.keyledger.server.database.DatabaseConfiguration.Database;
import io.keyledger.server.database.MasterKey;
import io.keyledger.server.database.MasterKeys;
import io.keyledger.server.database.Nodes;
import io.keyledger.server.database.Sealed;
import io.keyledger.server.eventstore.TokenSerializer;
import io.keyledger.server.projections.Projections;
import io.keyledger.server.projections.Rebuilds;
import io.keyledger.server.settings.ConfigurationMistake;
import io.keyledger.server.settings.KeyledgerSettings;
import io.keyledger.server.web.Readiness;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.Objects;
import javax.sql.DataSource;
import org.axonframework.queryhandling.QueryGateway;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.session.FindByIndexNameSessionRepository;
import org.springframework.session.Session;
import org.springframework.session.jdbc.JdbcIndexedSessionRepository;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.json.JsonMapper;

/** The parts of both sides, put together. The endpoints find themselves, by {@code ForRole}. */
@Configuration(proxyBeanMethods = false)
public class ServerConfiguration {

    @Bean
    PermissionCatalogue permissionCatalogue(KeyledgerSettings settings) {
        try {
            return new PermissionCatalogue(Objects.requireNonNull(settings.permissions()).stream()
                    .map(KeyledgerSettings.ProductPermission::toPermission)
                    .toList());
        } catch (IllegalArgumentException e) {
            throw new ConfigurationMistake(
                    "keyledger.permissions: " + e.getMessage() + ".",
                    "Give every permission a name of its own; the built-in ones are tokens:read, tokens:write,"
                            + " audit:read, introspect and accounts:provision.");
        }
    }

    @Bean
    TokenPolicy tokenPolicy(KeyledgerSettings settings) {
        return settings.tokenPolicy();
    }

    @Bean
    Credentials credentials(JdbcClient jdbc) {
        return new Credentials(jdbc);
    }

    @Bean
    ResetLinks resetLinks(JdbcClient jdbc) {
        return new ResetLinks(jdbc);
    }

    @Bean
    PersonalTraces personalTraces(JdbcClient jdbc) {
        return new PersonalTraces(jdbc);
    }

    @Bean
    PasswordHasher passwordHasher(MeterRegistry meters) {
        return new PasswordHasher(meters);
    }

    @Bean
    PasswordThrottle passwordThrottle(DataSource dataSource, MasterKey masterKey, Clock clock) {
        return new PasswordThrottle(dataSource, masterKey.deriveHmacKey("password throttle"), clock);
    }

    @Bean
    FamiliarClients familiarClients(DataSource dataSource, MasterKey masterKey, Clock clock) {
        return new FamiliarClients(dataSource, masterKey.deriveHmacKey("familiar clients"), clock);
    }

    @Bean
    Passwords passwords(
            Credentials credentials,
            PasswordHasher hasher,
            PasswordThrottle throttle,
            FamiliarClients familiarClients,
            Commands commands,
            MeterRegistry meters) {
        return new Passwords(credentials, hasher, throttle, familiarClients, commands, meters);
    }

    @Bean
    WebSessions webSessions(FindByIndexNameSessionRepository<? extends Session> repository, PersonalDataKeys keys) {
        return new WebSessions(repository, keys);
    }

    @Bean
    @ConditionalOnProperty("keyledger.leaks.github-keys-url")
    LeakReportKeys leakReportKeys(KeyledgerSettings settings, JsonMapper json, Clock clock) {
        var source = Objects.requireNonNull(settings.leaks()).githubKeysUrl();
        return new LeakReportKeys(Objects.requireNonNull(source), json, clock);
    }

    @Bean
    ExpiryRecorder expiryRecorder(
            Commands commands, QueryGateway queries, @Qualifier("lockDataSource") DataSource locks) {
        return new ExpiryRecorder(commands, queries, locks);
    }

    @Bean
    Webhooks webhooks(JdbcClient jdbc, JdbcTemplate template, MasterKeys masterKeys) {
        return new Webhooks(jdbc, masterKeys.keeping(Sealed.WEBHOOKS, template));
    }

    @Bean
    WebhookOutbox webhookOutbox(JdbcClient jdbc, JsonMapper json, KeyledgerSettings settings, Clock clock) {
        return new WebhookOutbox(jdbc, json, Objects.requireNonNullElse(settings.publicUrl(), "/keyledger"), clock);
    }

    @Bean
    WebhookTargets webhookTargets(KeyledgerSettings settings) {
        return new WebhookTargets(settings.webhooks().allowPrivateTargets());
    }

    @Bean
    WebhookDeliveries webhookDeliveries(
            JdbcClient jdbc,
            Webhooks webhooks,
            WebhookTargets targets,
            Commands commands,
            Clock clock,
            MeterRegistry meters) {
        return new WebhookDeliveries(jdbc, webhooks, targets, commands, clock, meters);
    }

    @Bean
    PolicyRecorder policyRecorder(
            Commands commands,
            QueryGateway queries,
            @Qualifier("lockDataSource") DataSource locks,
            TokenPolicy policy) {
        return new PolicyRecorder(commands, queries, locks, policy);
    }

    @Bean
    ExpiryAnnouncer expiryAnnouncer(
            Commands commands,
            QueryGateway queries,
            @Qualifier("lockDataSource") DataSource locks,
            AccountMail mail,
            KeyledgerSettings settings) {
        return new ExpiryAnnouncer(commands, queries, locks, mail, settings.publicUrl());
    }

    @Bean
    LookupProjection lookupProjection(PersonalDataKeys keys) {
        return new LookupProjection(keys);
    }

    @Bean
    AccountLookup accountLookup(JdbcClient jdbc) {
        return new AccountLookup(jdbc);
    }

    @Bean
    TokenLookup tokenLookup(@Qualifier("lookupDataSource") DataSource dataSource, MeterRegistry meters) {
        return new TokenLookup(dataSource, meters);
    }

    /** Closed, and so written for the last time, after the web server and before the database's pools. */
    @Bean
    TokenUses tokenUses(
            JdbcClient jdbc,
            PlatformTransactionManager transactions,
            PersonalDataKeys keys,
            MasterKey masterKey,
            PermissionCatalogue permissions,
            Clock clock,
            MeterRegistry meters) {
        return new TokenUses(
                jdbc,
                new TransactionTemplate(transactions),
                keys,
                masterKey.deriveHmacKey("token use addresses"),
                permissions,
                clock,
                meters);
    }

    @Bean
    Cursors cursors(MasterKeys masterKeys, Clock clock) {
        return new Cursors(masterKeys.passing("page cursors"), clock);
    }

    @Bean
    ProjectionPositions projectionPositions(JdbcClient jdbc) {
        return new ProjectionPositions(jdbc, TokenSerializer.create());
    }

    @Bean
    RecordKeys recordKeys(JdbcClient jdbc, JdbcTemplate template, MasterKeys masterKeys) {
        return new RecordKeys(jdbc, masterKeys.keeping(Sealed.RECORD, template));
    }

    @Bean
    RecordSequencer recordSequencer(DataSource dataSource, PlatformTransactionManager transactions) {
        return new RecordSequencer(dataSource, transactions);
    }

    @Bean
    Checkpoints checkpoints(
            DataSource dataSource,
            RecordKeys keys,
            RecordSequencer sequencer,
            PlatformTransactionManager transactions) {
        return new Checkpoints(dataSource, keys, sequencer, transactions);
    }

    @Bean
    CheckpointPlaces checkpointPlaces(
            KeyledgerSettings settings,
            Checkpoints checkpoints,
            DataSource dataSource,
            PlatformTransactionManager transactions) {
        var places = settings.checkpoints();
        return new CheckpointPlaces(places.file(), places.url(), checkpoints, dataSource, transactions);
    }

    /** Named as the health's part that it is. */
    @Bean("record")
    @ConditionalOnWebApplication
    RecordHealth recordHealth(Checkpoints checkpoints, MeterRegistry meters) {
        return new RecordHealth(checkpoints, meters);
    }

    @Bean
    @ConditionalOnWebApplication
    Housekeeping housekeeping(
            KeyledgerSettings settings,
            ExpiryRecorder expiry,
            PolicyRecorder policy,
            ExpiryAnnouncer announcer,
            PasswordThrottle throttle,
            WebhookDeliveries webhooks,
            Projections projections,
            Rebuilds rebuilds,
            TokenUses uses,
            RecordSequencer sequencer,
            Checkpoints checkpoints,
            CheckpointPlaces checkpointPlaces,
            RecordHealth recordHealth,
            JdbcIndexedSessionRepository sessions,
            DatabaseClock clock,
            MasterKeys masterKeys,
            Nodes nodes,
            JdbcClient jdbc) {
        return new Housekeeping(
                settings,
                expiry,
                policy,
                announcer,
                new IdempotencyKeys(jdbc),
                throttle,
                webhooks,
                projections,
                rebuilds,
                uses,
                sequencer,
                checkpoints,
                checkpointPlaces,
                recordHealth,
                sessions,
                clock,
                masterKeys,
                nodes,
                jdbc);
    }

    /** Named as the health's part that it is. */
    @Bean("database")
    @ConditionalOnWebApplication
    Startup startup(
            Database database,
            MasterKeys masterKeys,
            DatabaseClock clock,
            JdbcClient jdbc,
            Projections projections,
            Commands commands,
            Passwords passwords,
            TokenUses uses,
            CheckpointPlaces checkpointPlaces,
            TokenLookup lookup,
            Housekeeping housekeeping,
            KeyledgerSettings settings,
            ServletWebServerApplicationContext context) {
        return new Startup(
                database,
                masterKeys,
                clock,
                jdbc,
                projections,
                new FirstAdministrator(settings, jdbc, commands, passwords),
                uses,
                checkpointPlaces,
                lookup,
                housekeeping,
                settings,
                context);
    }

    @Bean
    @ConditionalOnWebApplication
    Readiness readiness(Startup startup) {
        return startup::isServing;
    }
}
