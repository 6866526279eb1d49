package io.keyledger.command.token;

import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.ExpireToken;
import io.keyledger.api.token.FindDueTokens;
import io.keyledger.api.token.FindEndedOverlaps;
import io.keyledger.api.token.RetireTokenValue;
import io.keyledger.api.token.TokenCommand;
import io.keyledger.command.Commands;
import java.sql.SQLException;
import java.util.UUID;
import java.util.function.Function;
import javax.sql.DataSource;
import org.axonframework.messaging.responsetypes.ResponseTypes;
import org.axonframework.queryhandling.QueryGateway;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records {@code token.expired} for tokens whose time is over, and {@code token.value-retired} where an overlap is; they
 * are refused since that very moment, whether or not this has run. What is due is asked from the database each time, so
 * nothing is lost over restarts, and a lock in the database lets one node at a time do it.
 */
public final class ExpiryRecorder {

    private static final Logger LOG = LoggerFactory.getLogger(ExpiryRecorder.class);

    /** Of one run; the next one follows at once. */
    private static final int AT_ONCE = 1_000;

    private static final long LOCK = 7_266_001L;

    private final Commands commands;
    private final QueryGateway queries;
    private final DataSource locks;

    public ExpiryRecorder(Commands commands, QueryGateway queries, DataSource locks) {
        this.commands = commands;
        this.queries = queries;
        this.locks = locks;
    }

    /** Records what is due now, unless another node is at it. */
    public void recordDue() throws SQLException {
        OneNodeAtATime.run(locks, LOCK, this::recordAll);
    }

    private void recordAll() {
        var caller = Caller.system(UUID.randomUUID().toString().replace("-", ""));
        record(caller, new FindDueTokens(AT_ONCE), ExpireToken::new);
        record(caller, new FindEndedOverlaps(AT_ONCE), tokenId -> new RetireTokenValue(tokenId, null));
    }

    private void record(Caller caller, Object due, Function<String, TokenCommand> command) {
        for (var tokenId : queries.query(due, ResponseTypes.multipleInstancesOf(String.class))
                .join()) {
            try {
                commands.send(caller, command.apply(tokenId));
            } catch (RuntimeException e) {
                // It is due again next time; those behind it must not wait for it.
                LOG.warn("What is over by time could not be recorded of {}", tokenId, e);
            }
        }
    }
}
