package io.keyledger.server;

import io.keyledger.api.Event;
import io.keyledger.api.account.AccountCommand;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.token.TokenCommand;
import io.keyledger.api.token.TokenPolicy;
import io.keyledger.api.webhook.WebhookCommand;
import io.keyledger.command.Commands;
import io.keyledger.command.account.Account;
import io.keyledger.command.account.Credentials;
import io.keyledger.command.account.PersonalTraces;
import io.keyledger.command.account.ResetLinks;
import io.keyledger.command.account.SignIns;
import io.keyledger.command.audit.EventSealing;
import io.keyledger.command.token.IdempotencyKeys;
import io.keyledger.command.token.Token;
import io.keyledger.command.token.TokenObservations;
import io.keyledger.command.webhook.Webhook;
import io.keyledger.command.webhook.WebhookOutbox;
import io.keyledger.command.webhook.Webhooks;
import io.keyledger.query.LogEntry;
import io.keyledger.query.Projection;
import io.keyledger.query.QueryHandlers;
import io.keyledger.query.Tables;
import io.keyledger.query.authentication.LookupProjection;
import io.keyledger.server.database.DatabaseConfiguration.Database;
import io.keyledger.server.database.Nodes;
import io.keyledger.server.eventstore.EventFeed;
import io.keyledger.server.eventstore.EventNotifications;
import io.keyledger.server.eventstore.EventSerializer;
import io.keyledger.server.eventstore.EventTables;
import io.keyledger.server.eventstore.LogReader;
import io.keyledger.server.eventstore.PostgresEventStorageEngine;
import io.keyledger.server.eventstore.TokenSerializer;
import io.keyledger.server.projections.BatchInvoker;
import io.keyledger.server.projections.Projections;
import io.keyledger.server.projections.Rebuilds;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import javax.sql.DataSource;
import org.axonframework.commandhandling.AnnotationCommandHandlerAdapter;
import org.axonframework.commandhandling.SimpleCommandBus;
import org.axonframework.common.Registration;
import org.axonframework.common.jdbc.ConnectionProvider;
import org.axonframework.common.jdbc.UnitOfWorkAwareConnectionProviderWrapper;
import org.axonframework.common.transaction.NoTransactionManager;
import org.axonframework.common.transaction.TransactionManager;
import org.axonframework.eventhandling.PropagatingErrorHandler;
import org.axonframework.eventhandling.SimpleEventHandlerInvoker;
import org.axonframework.eventhandling.SubscribingEventProcessor;
import org.axonframework.eventhandling.pooled.PooledStreamingEventProcessor;
import org.axonframework.eventhandling.tokenstore.TokenStore;
import org.axonframework.eventhandling.tokenstore.jdbc.JdbcTokenStore;
import org.axonframework.eventsourcing.EventSourcingRepository;
import org.axonframework.eventsourcing.eventstore.EmbeddedEventStore;
import org.axonframework.messaging.StreamableMessageSource;
import org.axonframework.messaging.annotation.ClasspathParameterResolverFactory;
import org.axonframework.messaging.annotation.MultiParameterResolverFactory;
import org.axonframework.messaging.annotation.ParameterResolverFactory;
import org.axonframework.messaging.annotation.SimpleResourceParameterResolverFactory;
import org.axonframework.messaging.unitofwork.CurrentUnitOfWork;
import org.axonframework.modelling.command.AggregateAnnotationCommandHandler;
import org.axonframework.modelling.command.CommandTargetResolver;
import org.axonframework.modelling.command.VersionedAggregateIdentifier;
import org.axonframework.queryhandling.DefaultQueryGateway;
import org.axonframework.queryhandling.QueryBus;
import org.axonframework.queryhandling.QueryGateway;
import org.axonframework.queryhandling.SimpleQueryBus;
import org.axonframework.queryhandling.annotation.AnnotationQueryHandlerAdapter;
import org.axonframework.serialization.upcasting.event.NoOpEventUpcaster;
import org.axonframework.spring.jdbc.SpringDataSourceConnectionProvider;
import org.axonframework.spring.messaging.unitofwork.SpringTransactionManager;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Axon's parts, put together by hand. Its own auto-configuration is for another generation of Spring Boot, where it
 * silently leaves out the transactions; and nothing here calls home.
 */
@Configuration(proxyBeanMethods = false)
public class EventStoreConfiguration {

    /** How long an event of another node may stay unnoticed while notifications do not arrive. */
    private static final Duration POLL = Duration.ofMillis(50);

    private static final int BATCH = 500;

    /** How long a projection that its node has let go stays alone; each node asks for each one so often. */
    private static final Duration CLAIM_INTERVAL = Duration.ofMillis(500);

    @Bean
    TransactionManager axonTransactionManager(PlatformTransactionManager transactionManager) {
        return new SpringTransactionManager(transactionManager);
    }

    @Bean
    ConnectionProvider connectionProvider(DataSource dataSource) {
        return new UnitOfWorkAwareConnectionProviderWrapper(new SpringDataSourceConnectionProvider(dataSource));
    }

    @Bean
    EventSerializer eventSerializer() {
        return new EventSerializer(Event.types());
    }

    @Bean
    PostgresEventStorageEngine storageEngine(
            ConnectionProvider connections, TransactionManager transactions, EventSerializer serializer) {
        return new PostgresEventStorageEngine(connections, transactions, serializer, NoOpEventUpcaster.INSTANCE, BATCH);
    }

    @Bean
    EventNotifications eventNotifications(Nodes nodes, Database database, JdbcClient jdbc) {
        return new EventNotifications(nodes.id(), () -> database.connect("keyledger notifications"), jdbc);
    }

    /** For projections; events of this process are looked for at once. */
    @Bean
    EventFeed eventFeed(PostgresEventStorageEngine engine, EventNotifications notifications) {
        return new EventFeed(engine, POLL, notifications::isListening);
    }

    /** For appending and for reading aggregates. */
    @Bean(destroyMethod = "shutDown")
    EmbeddedEventStore eventStore(
            PostgresEventStorageEngine engine,
            EventFeed feed,
            EventNotifications notifications,
            PersonalDataKeys keys) {
        var eventStore = EmbeddedEventStore.builder()
                .storageEngine(engine)
                .optimizeEventConsumption(false)
                .build();
        eventStore.registerDispatchInterceptor(new EventSealing(keys));
        eventStore.subscribe(_ -> CurrentUnitOfWork.get().root().afterCommit(_ -> {
            feed.look();
            notifications.send();
        }));
        return eventStore;
    }

    @Bean
    TokenStore tokenStore(ConnectionProvider connections, Nodes nodes) {
        return JdbcTokenStore.builder()
                .connectionProvider(connections)
                .serializer(TokenSerializer.create())
                .schema(EventTables.TOKENS)
                // The default, pid@host, is the same in two containers.
                .nodeId(nodes.id())
                .build();
    }

    @Bean
    ParameterResolverFactory parameterResolvers(
            Clock clock,
            PersonalDataKeys keys,
            PermissionCatalogue permissions,
            TokenPolicy policy,
            Credentials credentials,
            ResetLinks links,
            PersonalTraces traces,
            Webhooks webhooks) {
        return MultiParameterResolverFactory.ordered(
                ClasspathParameterResolverFactory.forClass(getClass()),
                new SimpleResourceParameterResolverFactory(
                        List.of(clock, keys, permissions, policy, credentials, links, traces, webhooks)));
    }

    @Bean
    SimpleCommandBus commandBus(EmbeddedEventStore eventStore, ParameterResolverFactory resolvers, JdbcClient jdbc) {
        // Transactions are those of Commands, which hold several commands each.
        var commandBus = SimpleCommandBus.builder()
                .transactionManager(NoTransactionManager.INSTANCE)
                .build();
        commandBus.registerHandlerInterceptor(new IdempotencyKeys(jdbc));
        subscribe(commandBus, Token.class, eventStore, resolvers, command -> ((TokenCommand) command).tokenId());
        subscribe(commandBus, Account.class, eventStore, resolvers, command -> ((AccountCommand) command).accountId());
        subscribe(commandBus, Webhook.class, eventStore, resolvers, command -> ((WebhookCommand) command).webhookId());
        new AnnotationCommandHandlerAdapter<>(new SignIns(eventStore), resolvers).subscribe(commandBus);
        new AnnotationCommandHandlerAdapter<>(new TokenObservations(eventStore), resolvers).subscribe(commandBus);
        return commandBus;
    }

    private interface Target {
        String of(Object command);
    }

    private static <T> void subscribe(
            SimpleCommandBus commandBus,
            Class<T> aggregate,
            EmbeddedEventStore eventStore,
            ParameterResolverFactory resolvers,
            Target target) {
        CommandTargetResolver targets =
                command -> new VersionedAggregateIdentifier((Object) target.of(command.getPayload()), null);
        AggregateAnnotationCommandHandler.<T>builder()
                .aggregateType(aggregate)
                .commandTargetResolver(targets)
                .parameterResolverFactory(resolvers)
                .repository(EventSourcingRepository.builder(aggregate)
                        .eventStore(eventStore)
                        .parameterResolverFactory(resolvers)
                        // An account's id where a token's belongs finds nothing, instead of another aggregate's events.
                        .filterByAggregateType()
                        .build())
                .build()
                .subscribe(commandBus);
    }

    /** Whoever sends commands has the look-up and the webhooks told in the same transaction. */
    @Bean
    @DependsOn({"lookup", "webhookProcessor"})
    Commands commands(
            SimpleCommandBus commandBus, TransactionManager transactions, JdbcClient jdbc, MeterRegistry meters) {
        return new Commands(commandBus, transactions, jdbc, meters);
    }

    /** Runs in the transaction that appends; what it throws undoes the append and reaches whoever sent the command. */
    @Bean
    Registration lookup(EmbeddedEventStore eventStore, LookupProjection projection, JdbcClient jdbc) {
        var live = Tables.live(jdbc);
        return eventStore.subscribe(events -> projection.append(
                events.stream()
                        .map(event -> new LogEntry(LogEntry.NOT_YET, event))
                        .toList(),
                live));
    }

    /** In the same transaction too: what webhooks are to be told stands there when the event does. */
    @Bean(initMethod = "start", destroyMethod = "shutDown")
    SubscribingEventProcessor webhookProcessor(
            EmbeddedEventStore eventStore, ParameterResolverFactory resolvers, WebhookOutbox outbox) {
        return SubscribingEventProcessor.builder()
                .name("webhook")
                .messageSource(eventStore)
                .eventHandlerInvoker(invoker(outbox, resolvers))
                .errorHandler(PropagatingErrorHandler.instance())
                .build();
    }

    private static SimpleEventHandlerInvoker invoker(Object projection, ParameterResolverFactory resolvers) {
        return SimpleEventHandlerInvoker.builder()
                .eventHandlers(projection)
                .parameterResolverFactory(resolvers)
                .listenerInvocationErrorHandler(PropagatingErrorHandler.instance())
                .build();
    }

    @Bean
    Projections projections(
            EventFeed feed,
            TokenStore tokenStore,
            TransactionManager transactions,
            List<Projection> projections,
            EventNotifications notifications,
            Nodes nodes,
            Clock clock,
            JdbcClient jdbc,
            MeterRegistry meters) {
        return new Projections(
                projections,
                projections.stream()
                        .filter(Projection::isStreaming)
                        .map(projection -> streaming(projection, feed, tokenStore, transactions, clock, jdbc))
                        .toList(),
                feed,
                notifications,
                nodes,
                jdbc,
                meters);
    }

    private static Projections.Running streaming(
            Projection projection,
            EventFeed feed,
            TokenStore tokenStore,
            TransactionManager transactions,
            Clock clock,
            JdbcClient jdbc) {
        var executor = Executors.newScheduledThreadPool(
                2,
                Thread.ofPlatform()
                        .name("projection-" + projection.name() + "-", 0)
                        .daemon()
                        .factory());
        var running = new Projections.Running(feed::failure);
        running.run(PooledStreamingEventProcessor.builder()
                .name(projection.name())
                .eventHandlerInvoker(new BatchInvoker(projection, jdbc))
                .messageSource(feed)
                .tokenStore(tokenStore)
                .transactionManager(transactions)
                .errorHandler(context -> {
                    running.failed(
                            context.error(), context.failedEvents().getFirst().getIdentifier());
                    PropagatingErrorHandler.instance().handleError(context);
                })
                .coordinatorExecutor(executor)
                .workerExecutor(executor)
                // More would tear apart what belongs together (docs/adr, 21).
                .initialSegmentCount(1)
                .initialToken(StreamableMessageSource::createTailToken)
                .batchSize(BATCH)
                .tokenClaimInterval(CLAIM_INTERVAL.toMillis())
                // Claims are extended by it: the machine's may be set back.
                .clock(clock)
                .build());
        return running;
    }

    @Bean
    Rebuilds rebuilds(List<Projection> projections, EventSerializer serializer, Database database, JdbcClient jdbc) {
        return new Rebuilds(
                projections,
                new LogReader(serializer, NoOpEventUpcaster.INSTANCE),
                TokenSerializer.create(),
                () -> database.connect("keyledger rebuild"),
                jdbc);
    }

    @Bean
    QueryBus queryBus(List<QueryHandlers> handlers, ParameterResolverFactory resolvers) {
        var queryBus = SimpleQueryBus.builder().build();
        handlers.forEach(queries -> new AnnotationQueryHandlerAdapter<>(queries, resolvers).subscribe(queryBus));
        return queryBus;
    }

    @Bean
    QueryGateway queryGateway(QueryBus queryBus) {
        return DefaultQueryGateway.builder().queryBus(queryBus).build();
    }
}
