package io.keyledger.command;

import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.TokenCommand;
import io.keyledger.api.webhook.WebhookCommand;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.axonframework.commandhandling.CommandBus;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.commandhandling.GenericCommandMessage;
import org.axonframework.commandhandling.callbacks.FutureCallback;
import org.axonframework.common.transaction.TransactionManager;
import org.axonframework.messaging.GenericMessage;
import org.axonframework.messaging.unitofwork.CurrentUnitOfWork;
import org.axonframework.messaging.unitofwork.DefaultUnitOfWork;
import org.axonframework.modelling.command.AggregateNotFoundException;
import org.axonframework.modelling.command.ConcurrencyException;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The one way to send commands: all of a call in one transaction with the events and lookup rows that follow from
 * them, all or nothing; a clash with somebody else's change is tried again unless the caller asked for a version; the
 * answer says at which position of the log it stands.
 */
public final class Commands {

    private static final int MAX_ATTEMPTS = 12;
    private static final String CALLER = Caller.class.getName();
    private static final String POSITION = Commands.class.getName() + ".position";

    private final CommandBus commandBus;
    private final TransactionManager transactionManager;
    private final JdbcClient jdbc;
    private final MeterRegistry meters;

    public Commands(
            CommandBus commandBus, TransactionManager transactionManager, JdbcClient jdbc, MeterRegistry meters) {
        this.commandBus = commandBus;
        this.transactionManager = transactionManager;
        this.jdbc = jdbc;
        this.meters = meters;
    }

    /** To be called by the log: an event of the commands that are being handled on this thread stands at this position. */
    public static void appended(long position) {
        CurrentUnitOfWork.ifStarted(unitOfWork -> unitOfWork.root().resources().put(POSITION, position));
    }

    /** Who sent the commands that are being handled on this thread. */
    public static Caller caller() {
        Caller caller = CurrentUnitOfWork.get().root().getResource(CALLER);
        if (caller == null) {
            throw new IllegalStateException("events are appended only by commands sent through Commands");
        }
        return caller;
    }

    public Receipt send(Caller caller, Object command) {
        return send(caller, null, List.of(command));
    }

    /**
     * Handles the commands in their order.
     *
     * @param version that the first command's aggregate must have; absent: any
     * @throws Refusal when one of them is refused; then none has happened
     */
    public Receipt send(Caller caller, @Nullable Long version, List<?> commands) {
        return send(caller, version, commands.getFirst().getClass(), () -> commands);
    }

    /**
     * Handles commands that are found in their transaction, anew at each attempt.
     *
     * @param what is measured: the kind of the command that it is all about
     * @throws Refusal when one of them is refused; then none has happened
     */
    public Receipt send(Caller caller, Class<?> what, Supplier<? extends List<?>> commands) {
        return send(caller, null, what, commands);
    }

    private Receipt send(Caller caller, @Nullable Long version, Class<?> what, Supplier<? extends List<?>> commands) {
        var timer = Timer.start(meters);
        var outcome = "failed";
        try {
            var receipt = sendWithRetries(caller, version, commands);
            outcome = "accepted";
            return receipt;
        } catch (Refusal e) {
            outcome = "refused";
            throw e;
        } finally {
            timer.stop(Timer.builder("keyledger.commands")
                    .description("Time from sending a command to its commit")
                    .tag("command", what.getSimpleName())
                    .tag("outcome", outcome)
                    .register(meters));
        }
    }

    private Receipt sendWithRetries(Caller caller, @Nullable Long version, Supplier<? extends List<?>> commands) {
        for (var attempt = 1; ; attempt++) {
            try {
                return attempt(caller, version, commands);
            } catch (RuntimeException e) {
                if (!isClash(e)) {
                    throw e;
                }
                if (version != null) {
                    throw IfMatch.stale();
                }
                if (attempt == MAX_ATTEMPTS) {
                    throw new Refusal.Unavailable(
                            "too_much_contention",
                            "Too many changes of the same thing at once. Try again.",
                            Duration.ofSeconds(1));
                }
                LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(attempt * 10_000_000L));
            }
        }
    }

    private Receipt attempt(Caller caller, @Nullable Long version, Supplier<? extends List<?>> supplier) {
        var unitOfWork = DefaultUnitOfWork.startAndGet(new GenericMessage<>(supplier));
        try {
            unitOfWork.attachTransaction(transactionManager);
            unitOfWork.resources().put(CALLER, caller);
            var commands = supplier.get();
            Object result = null;
            for (var i = 0; i < commands.size(); i++) {
                result = dispatch(commands.get(i), i == 0 ? version : null);
            }
            unitOfWork.commit();
            Long position = unitOfWork.getResource(POSITION);
            return new Receipt(position != null ? position : head(), result);
        } catch (RuntimeException | Error e) {
            if (unitOfWork.isActive()) {
                unitOfWork.rollback(e);
            }
            throw e;
        }
    }

    private @Nullable Object dispatch(Object command, @Nullable Long version) {
        CommandMessage<Object> message = GenericCommandMessage.asCommandMessage(command);
        var callback = new FutureCallback<Object, Object>();
        commandBus.dispatch(
                version == null ? message : message.withMetaData(Map.of(IfMatch.METADATA, version)), callback);
        var result = callback.getResult();
        if (result.isExceptional()) {
            if (result.exceptionResult() instanceof AggregateNotFoundException) {
                throw notFound(command);
            }
            if (result.exceptionResult() instanceof RuntimeException e) {
                throw e;
            }
            throw new IllegalStateException(result.exceptionResult());
        }
        return result.getPayload();
    }

    /** The position of the last event there is; 0 before the first. */
    public long head() {
        return one("select coalesce(max(global_index), 0) from event.domain_event");
    }

    private long one(String sql) {
        return jdbc.sql(sql).query(Long.class).single();
    }

    /** Another transaction changed the same aggregate first, or two waited for each other. */
    private static boolean isClash(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConcurrencyException || cause instanceof PessimisticLockingFailureException) {
                return true;
            }
        }
        return false;
    }

    private static Refusal notFound(Object command) {
        return switch (command) {
            case TokenCommand _ -> new Refusal.NotFound("token_not_found", "There is no such token.");
            case WebhookCommand _ -> new Refusal.NotFound("webhook_not_found", "There is no such webhook.");
            default -> new Refusal.NotFound("account_not_found", "There is no such account.");
        };
    }
}
