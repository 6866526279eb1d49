package io.keyledger.command.token;

import io.keyledger.api.Refusal;
import io.keyledger.api.token.CreateToken;
import io.keyledger.command.Digests;
import jakarta.annotation.Nonnull;
import java.util.Optional;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.messaging.InterceptorChain;
import org.axonframework.messaging.MessageHandlerInterceptor;
import org.axonframework.messaging.unitofwork.UnitOfWork;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Makes a repeated creation create nothing (IETF draft "The Idempotency-Key HTTP Header Field"). The key is kept in the
 * transaction of the creation, so that a failed one leaves it free, and is guarded by a lock of that transaction, so
 * that a node that dies leaves none behind. Keys live 24 hours.
 */
public final class IdempotencyKeys implements MessageHandlerInterceptor<CommandMessage<?>> {

    private final JdbcClient jdbc;

    public IdempotencyKeys(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** The result of a creation that an earlier request has done already. */
    record Repeated(String tokenId) {}

    private record Earlier(String requestDigest, String tokenId) {}

    @Override
    public @Nullable Object handle(
            @Nonnull UnitOfWork<? extends CommandMessage<?>> unitOfWork, @Nonnull InterceptorChain chain)
            throws Exception {
        if (unitOfWork.getMessage().getPayload() instanceof CreateToken creation && creation.idempotencyKey() != null) {
            var key = creation.idempotencyKey();
            var keyDigest = Digests.sha256(key.key());
            lock(creation.accountId(), keyDigest);
            var earlier = find(creation.accountId(), keyDigest);
            if (earlier.isPresent()) {
                if (!earlier.get().requestDigest().equals(key.requestDigest())) {
                    throw new Refusal.Unprocessable(
                            "idempotency_key_reused",
                            "This Idempotency-Key was used for another request. Use a new one.");
                }
                return new Repeated(earlier.get().tokenId());
            }
            keep(creation, keyDigest, key.requestDigest());
        }
        return chain.proceed();
    }

    private void lock(String accountId, String keyDigest) {
        var locked = jdbc.sql("select pg_try_advisory_xact_lock(hashtextextended(?, 0))")
                .param(accountId + " " + keyDigest)
                .query(Boolean.class)
                .single();
        if (!locked) {
            throw new Refusal.Conflict(
                    "request_in_progress", "The first request with this Idempotency-Key is still in progress.");
        }
    }

    private Optional<Earlier> find(String accountId, String keyDigest) {
        return jdbc.sql("""
            select request_digest, token_id from state.idempotency_key
            where account_id = ? and key_digest = ? and created_at > now() - interval '24 hours'\
            """).params(accountId, keyDigest).query(Earlier.class).optional();
    }

    private void keep(CreateToken creation, String keyDigest, String requestDigest) {
        jdbc.sql("""
            insert into state.idempotency_key (account_id, key_digest, request_digest, token_id)
            values (?, ?, ?, ?)
            on conflict (account_id, key_digest) do update set
                request_digest = excluded.request_digest,
                token_id = excluded.token_id,
                created_at = now()\
            """)
                .params(creation.accountId(), keyDigest, requestDigest, creation.tokenId())
                .update();
    }

    /** Forgets keys that are older than 24 hours. */
    public void removeExpired() {
        jdbc.sql("delete from state.idempotency_key where created_at < now() - interval '24 hours'")
                .update();
    }
}
