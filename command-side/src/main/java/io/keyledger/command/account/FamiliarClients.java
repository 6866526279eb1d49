package io.keyledger.command.account;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.crypto.SecretKey;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The browsers and addresses each account signed in from, the last 20 of them. They are exempt from the limit on wrong
 * passwords per account over all addresses: a stranger who uses it up does not lock the owner out. Both are stored as
 * HMAC-SHA256 only; table {@code state.familiar_client}.
 */
public final class FamiliarClients {

    private static final SecureRandom RANDOM = new SecureRandom();

    private final JdbcClient jdbc;
    private final KeyedDigest digest;
    private final Clock clock;

    /** @param key for HMAC-SHA256; under another key nobody is familiar */
    public FamiliarClients(DataSource dataSource, SecretKey key, Clock clock) {
        this.jdbc = JdbcClient.create(dataSource);
        this.digest = new KeyedDigest(key);
        this.clock = clock;
    }

    /** 128 random bits in base64url, for a long-lived cookie; it grants nothing but the exemption. */
    public static String newBrowserId() {
        var bits = new byte[16];
        RANDOM.nextBytes(bits);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
    }

    /** Whether the account signed in from this address (IPv6: this /64) or this browser before. */
    public boolean knows(String accountId, String ipAddress, @Nullable String browserId) {
        return jdbc.sql("""
            select exists (
                select from state.familiar_client where account_id = :account and client in (:clients))
            """)
                .param("account", accountId)
                .param("clients", clients(ipAddress, browserId))
                .query(Boolean.class)
                .single();
    }

    /** To be called after each sign-in with the right password. */
    public void remember(String accountId, String ipAddress, @Nullable String browserId) {
        var now = clock.instant().atOffset(ZoneOffset.UTC);
        // The address always before the browser: two sign-ins at once lock their rows in the same order.
        for (var client : clients(ipAddress, browserId)) {
            jdbc.sql("""
                insert into state.familiar_client (account_id, client, last_signed_in_at)
                values (:account, :client, :now)
                on conflict (account_id, client) do update set last_signed_in_at = :now
                """)
                    .param("account", accountId)
                    .param("client", client)
                    .param("now", now)
                    .update();
        }
        // A row that is locked is one that signs in right now, or is being removed: waiting for it could deadlock.
        jdbc.sql("""
            delete from state.familiar_client where account_id = :account and client in (
                select client from state.familiar_client where account_id = :account and client in (
                    select client from state.familiar_client where account_id = :account
                    order by last_signed_in_at desc, client offset :kept)
                for update skip locked)
            """)
                .param("account", accountId)
                .param("kept", PasswordLimits.FAMILIAR_CLIENTS)
                .update();
    }

    /** Forgets all clients of an account that is erased. */
    public void forget(String accountId) {
        jdbc.sql("delete from state.familiar_client where account_id = :account")
                .param("account", accountId)
                .update();
    }

    private List<byte[]> clients(String ipAddress, @Nullable String browserId) {
        var clients = new ArrayList<byte[]>();
        clients.add(digest.of("familiar-address", ClientAddress.client(ipAddress)));
        if (browserId != null) {
            clients.add(digest.of("familiar-browser", browserId));
        }
        return clients;
    }
}
