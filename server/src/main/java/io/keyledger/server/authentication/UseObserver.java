package io.keyledger.server.authentication;

import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.RecordFirstTokenUse;
import io.keyledger.api.token.RecordRetiredTokenValueUse;
import io.keyledger.api.token.RetireTokenValue;
import io.keyledger.command.Commands;
import io.keyledger.command.account.Passwords;
import io.keyledger.query.authentication.TokenAuthentication.AuthenticatedToken;
import io.keyledger.query.authentication.TokenAuthentication.Observer;
import io.keyledger.query.authentication.TokenAuthentication.Use;
import java.time.Duration;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts into the trail what uses of tokens tell: the first one, the end of an overlap, a value that was retired. */
final class UseObserver implements Observer, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(UseObserver.class);

    /** What waits to be recorded; beyond it, a use is recorded when it happens again. */
    private static final int WAITING = 1_000;

    private final Commands commands;
    private final Passwords passwords;
    private final Set<String> waiting = ConcurrentHashMap.newKeySet();
    private final ThreadPoolExecutor recorder = new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            Thread.ofPlatform().name("token-uses").daemon().factory(),
            new ThreadPoolExecutor.DiscardPolicy());

    UseObserver(Commands commands, Passwords passwords) {
        this.commands = commands;
        this.passwords = passwords;
    }

    /** @throws Refusal.Unavailable when it cannot be done: then the old value is accepted, so the new one is not yet */
    @Override
    @SuppressWarnings("IllegalCatch") // Whatever goes wrong, a gateway understands 503 alone.
    public void successorUsed(AuthenticatedToken token, byte[] digest, Use use) {
        try {
            commands.send(
                    actor(token, use),
                    new RetireTokenValue(token.tokenId(), Base64.getEncoder().encodeToString(digest)));
        } catch (RuntimeException e) {
            LOG.warn(
                    "The value of {} from before its rotation could not be retired: {}", token.tokenId(), e.toString());
            throw new Refusal.Unavailable(
                    "authentication_unavailable",
                    "The value from before the rotation could not be ended right now. Try again.",
                    Duration.ofSeconds(1));
        }
    }

    @Override
    public void firstUsed(AuthenticatedToken token, Use use) {
        // Now: the request is over when it is recorded.
        var command = new RecordFirstTokenUse(
                token.tokenId(), token.accountId(), use.request().get());
        later(token.tokenId(), () -> {
            try {
                commands.send(actor(token, use), command);
            } catch (Refusal.Conflict e) {
                LOG.debug("Another node has recorded the first use of {}", token.tokenId());
            }
        });
    }

    @Override
    public void retiredValueUsed(String tokenId, String accountId, String hint, Use use) {
        var command = new RecordRetiredTokenValueUse(
                tokenId, accountId, hint, use.request().get());
        later(tokenId + hint, () -> {
            if (passwords.mayHappen("retired value:" + tokenId + " " + hint, 1, Duration.ofHours(1))) {
                commands.send(Caller.anonymous(use.origin()), command);
            }
        });
    }

    /** Records it soon, unless the same is waiting already. */
    @SuppressWarnings("IllegalCatch") // Whatever goes wrong, it is recorded at the next use.
    private void later(String what, Runnable task) {
        if (waiting.size() >= WAITING || !waiting.add(what)) {
            return;
        }
        recorder.execute(() -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.warn("A token's use could not be recorded: {}", e.toString());
            } finally {
                waiting.remove(what);
            }
        });
    }

    private static Caller actor(AuthenticatedToken token, Use use) {
        return new Caller(
                Caller.Kind.TOKEN,
                token.accountId(),
                token.tokenId(),
                null,
                token.administrator(),
                token.permissions(),
                use.origin());
    }

    /** What still waits is recorded at the next use. */
    @Override
    public void close() {
        recorder.shutdownNow();
    }
}
