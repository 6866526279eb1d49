package io.keyledger.server.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import java.util.ArrayList;
import java.util.List;
import org.axonframework.commandhandling.CommandHandler;
import org.axonframework.commandhandling.SimpleCommandBus;
import org.axonframework.commandhandling.gateway.CommandGateway;
import org.axonframework.commandhandling.gateway.DefaultCommandGateway;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventhandling.PropagatingErrorHandler;
import org.axonframework.eventhandling.SimpleEventHandlerInvoker;
import org.axonframework.eventhandling.SubscribingEventProcessor;
import org.axonframework.eventsourcing.EventSourcingHandler;
import org.axonframework.eventsourcing.EventSourcingRepository;
import org.axonframework.eventsourcing.eventstore.EmbeddedEventStore;
import org.axonframework.messaging.GenericMessage;
import org.axonframework.messaging.Message;
import org.axonframework.messaging.MessageDispatchInterceptor;
import org.axonframework.messaging.ResultMessage;
import org.axonframework.messaging.unitofwork.DefaultUnitOfWork;
import org.axonframework.messaging.unitofwork.UnitOfWork;
import org.axonframework.modelling.command.AggregateAnnotationCommandHandler;
import org.axonframework.modelling.command.AggregateCreationPolicy;
import org.axonframework.modelling.command.AggregateIdentifier;
import org.axonframework.modelling.command.AggregateLifecycle;
import org.axonframework.modelling.command.CreationPolicy;
import org.axonframework.modelling.command.Repository;
import org.axonframework.modelling.command.TargetAggregateIdentifier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/** What the server counts on when it puts Axon's parts together itself. */
@SuppressWarnings({"UnusedMethod", "UnusedVariable"}) // Axon calls and reads them.
class AxonWiringTest {

    record Happen(@TargetAggregateIdentifier String id, String what) {}

    record HappenThenFail(@TargetAggregateIdentifier String id, String what) {}

    static class Sample {

        @AggregateIdentifier
        private String id;

        private int count;

        Sample() {}

        @CommandHandler
        @CreationPolicy(AggregateCreationPolicy.CREATE_IF_MISSING)
        int handle(Happen command) {
            AggregateLifecycle.apply(new SampleHappened(command.id() + ": " + command.what()));
            return count;
        }

        @CommandHandler
        void handle(HappenThenFail command) {
            AggregateLifecycle.apply(new SampleHappened(command.id() + ": " + command.what()));
            throw new IllegalStateException("failed after " + count);
        }

        @EventSourcingHandler
        void on(SampleHappened event) {
            id = event.what().substring(0, event.what().indexOf(':'));
            count++;
        }
    }

    private final HikariDataSource database = TestDatabase.create();
    private final Axon axon = new Axon(database);
    private final JdbcTemplate sql = new JdbcTemplate(database);
    private final EmbeddedEventStore events =
            EmbeddedEventStore.builder().storageEngine(axon.engine(100)).build();
    private final List<Integer> appends = new ArrayList<>();
    private final SimpleCommandBus bus =
            SimpleCommandBus.builder().transactionManager(axon.transactions).build();
    private final CommandGateway commands =
            DefaultCommandGateway.builder().commandBus(bus).build();

    @BeforeEach
    void wire() {
        Repository<Sample> repository =
                EventSourcingRepository.builder(Sample.class).eventStore(events).build();
        AggregateAnnotationCommandHandler.<Sample>builder()
                .aggregateType(Sample.class)
                .repository(repository)
                .build()
                .subscribe(bus);
        events.subscribe(batch -> appends.add(batch.size()));
    }

    @AfterEach
    void close() {
        events.shutDown();
        database.close();
    }

    @Test
    void commands_in_one_unit_of_work_are_stored_in_one_transaction_at_its_end() {
        ResultMessage<Object> result = inOneTransaction(() -> {
            commands.sendAndWait(new Happen("a", "one"));
            commands.sendAndWait(new Happen("b", "two"));
            assertThat((Integer) commands.sendAndWait(new Happen("a", "three"))).isEqualTo(2);
            assertThat(stored()).isEmpty();
        });

        assertThat(result.isExceptional()).isFalse();
        assertThat(stored()).containsExactly("a: one", "b: two", "a: three");
        assertThat(appends).containsExactly(3);
        assertThat(sql.queryForObject("select count(distinct xmin::text) from event.domain_event", Integer.class))
                .isEqualTo(1);
    }

    @Test
    void a_command_that_fails_takes_the_whole_unit_of_work_with_it() {
        sql.execute("create table state.note (text text)");

        ResultMessage<Object> result = inOneTransaction(() -> {
            commands.sendAndWait(new Happen("a", "one"));
            sql.execute("insert into state.note values ('written')");
            commands.sendAndWait(new HappenThenFail("a", "two"));
        });

        assertThat(result.isExceptional()).isTrue();
        assertThat(result.exceptionResult()).hasMessageContaining("failed after 2");
        assertThat(stored()).isEmpty();
        assertThat(sql.queryForObject("select count(*) from state.note", Integer.class))
                .isZero();
    }

    /** Its events are dropped, but what it wrote by SQL is not: the transaction is the root's. */
    @Test
    void a_failed_command_may_be_caught_if_it_wrote_nothing_but_events() {
        ResultMessage<Object> result = inOneTransaction(() -> {
            commands.sendAndWait(new Happen("a", "one"));
            assertThatThrownBy(() -> commands.sendAndWait(new HappenThenFail("a", "two")))
                    .hasMessageContaining("failed after 2");
            assertThat((Integer) commands.sendAndWait(new Happen("a", "three"))).isEqualTo(2);
        });

        assertThat(result.isExceptional()).isFalse();
        assertThat(stored()).containsExactly("a: one", "a: three");
    }

    @Test
    void a_dispatch_interceptor_replaces_what_is_stored_and_what_handlers_see() {
        List<DomainEventMessage<?>> raw = new ArrayList<>();
        List<DomainEventMessage<?>> handled = new ArrayList<>();
        MessageDispatchInterceptor<EventMessage<?>> sealing = messages -> (index, message) -> {
            DomainEventMessage<?> event = (DomainEventMessage<?>) message;
            raw.add(event);
            SampleHappened payload = (SampleHappened) event.getPayload();
            return new GenericDomainEventMessage<>(
                    event.getType(),
                    event.getAggregateIdentifier(),
                    event.getSequenceNumber(),
                    new GenericMessage<>(
                            event.getIdentifier(),
                            new SampleHappened(payload.what() + ", sealed"),
                            event.getMetaData().and("sealed", "yes")),
                    event.getTimestamp());
        };
        events.registerDispatchInterceptor(sealing);
        subscribe(new Object() {
            @EventHandler
            void on(SampleHappened payload, DomainEventMessage<?> event) {
                assertThat(payload).isEqualTo(event.getPayload());
                handled.add(event);
            }
        });

        inOneTransaction(() -> {
            commands.sendAndWait(new Happen("a", "one"));
            commands.sendAndWait(new Happen("a", "two"));
        });

        assertThat(stored()).containsExactly("a: one, sealed", "a: two, sealed");
        assertThat(handled.stream().<Object>map(Message::getPayload))
                .containsExactly(new SampleHappened("a: one, sealed"), new SampleHappened("a: two, sealed"));
        assertThat(raw.stream().<Object>map(Message::getPayload))
                .containsExactly(new SampleHappened("a: one"), new SampleHappened("a: two"));
        DomainEventMessage<?> read = events.readEvents("a").next();
        assertThat(read.getIdentifier())
                .isEqualTo(raw.getFirst().getIdentifier())
                .isEqualTo(handled.getFirst().getIdentifier());
        assertThat(read.getMetaData()).containsEntry("sealed", "yes");
        assertThat(read.getTimestamp().toEpochMilli())
                .isEqualTo(raw.getFirst().getTimestamp().toEpochMilli());
    }

    @Test
    void a_subscribed_handler_that_fails_fails_the_command_and_nothing_is_stored() {
        sql.execute("create table projection.sample (what text)");
        subscribe(new Object() {
            @EventHandler
            void on(SampleHappened event) {
                sql.update("insert into projection.sample values (?)", event.what());
                if (event.what().contains("bad")) {
                    throw new IllegalStateException("cannot project");
                }
            }
        });
        commands.sendAndWait(new Happen("a", "good"));

        assertThatThrownBy(() -> commands.sendAndWait(new Happen("a", "bad"))).hasMessage("cannot project");
        assertThat(stored()).containsExactly("a: good");
        assertThat(sql.queryForList("select what from projection.sample", String.class))
                .containsExactly("a: good");
    }

    @Test
    void a_subscribed_handler_knows_the_position_of_what_it_handles() {
        List<Long> positions = new ArrayList<>();
        subscribe(new Object() {
            @EventHandler
            void on(SampleHappened event) {
                positions.add(sql.queryForObject("select currval('event.domain_event_global_index_seq')", Long.class));
            }
        });
        inOneTransaction(() -> {
            commands.sendAndWait(new Happen("a", "one"));
            commands.sendAndWait(new Happen("b", "two"));
        });
        assertThat(positions).containsExactly(2L, 2L);
    }

    private void subscribe(Object handler) {
        SimpleEventHandlerInvoker invoker = SimpleEventHandlerInvoker.builder()
                .eventHandlers(handler)
                .listenerInvocationErrorHandler(PropagatingErrorHandler.instance())
                .build();
        SubscribingEventProcessor.builder()
                .name("samples")
                .eventHandlerInvoker(invoker)
                .messageSource(events)
                .transactionManager(axon.transactions)
                .build()
                .start();
    }

    private ResultMessage<Object> inOneTransaction(Runnable dispatches) {
        UnitOfWork<Message<?>> root = DefaultUnitOfWork.startAndGet(new GenericMessage<>("batch"));
        root.attachTransaction(axon.transactions);
        return root.executeWithResult(() -> {
            dispatches.run();
            return null;
        });
    }

    private List<String> stored() {
        return sql.queryForList("""
            select convert_from(payload, 'UTF8')::jsonb ->> 'what' from event.domain_event order by global_index
            """, String.class);
    }
}
