package io.keyledger.command.token;

import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.FindTokensBeyondPolicy;
import io.keyledger.api.token.LimitTokenLifetime;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.RevokeToken;
import io.keyledger.api.token.TokenBeyondPolicy;
import io.keyledger.api.token.TokenPolicy;
import io.keyledger.command.Commands;
import java.sql.SQLException;
import java.util.UUID;
import javax.sql.DataSource;
import org.axonframework.messaging.responsetypes.ResponseTypes;
import org.axonframework.queryhandling.QueryGateway;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds tokens to the policy that were there before it, or that were given up: limits those that would last too long,
 * and revokes those that nobody uses. Which ones is asked from the database each time, and in the same way as for a
 * rehearsal; what has been done is not found again.
 */
public final class PolicyRecorder {

    private static final Logger LOG = LoggerFactory.getLogger(PolicyRecorder.class);

    /** Of one run, so that it takes seconds; a policy that is new has days for all of them. */
    private static final int AT_ONCE = 500;

    private static final long LOCK = 7_266_002L;

    private final Commands commands;
    private final QueryGateway queries;
    private final DataSource locks;
    private final TokenPolicy policy;

    public PolicyRecorder(Commands commands, QueryGateway queries, DataSource locks, TokenPolicy policy) {
        this.commands = commands;
        this.queries = queries;
        this.locks = locks;
        this.policy = policy;
    }

    /** Applies the policy to what is beyond it now, unless another node is at it. */
    public void apply() throws SQLException {
        if (policy.maxLifetime() != null || policy.maxUnused() != null) {
            OneNodeAtATime.run(locks, LOCK, this::applyAll);
        }
    }

    private void applyAll() {
        var caller = Caller.system(UUID.randomUUID().toString().replace("-", ""));
        for (var token : queries.query(
                        new FindTokensBeyondPolicy(policy, AT_ONCE),
                        ResponseTypes.multipleInstancesOf(TokenBeyondPolicy.class))
                .join()) {
            try {
                commands.send(
                        caller,
                        switch (token.because()) {
                            case LIFETIME -> new LimitTokenLifetime(token.tokenId());
                            case UNUSED -> new RevokeToken(token.tokenId(), token.accountId(), RevocationReason.UNUSED);
                        });
            } catch (RuntimeException e) {
                // It is found again next time; those behind it must not wait for it.
                LOG.warn("The policy could not be applied to {}", token.tokenId(), e);
            }
        }
    }
}
