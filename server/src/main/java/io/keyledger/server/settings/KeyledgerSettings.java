package io.keyledger.server.settings;

import io.keyledger.api.ForRole.Role;
import io.keyledger.api.authentication.AddressRange;
import io.keyledger.api.authentication.Permission;
import io.keyledger.api.token.TokenPolicy;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The settings under {@code keyledger}; wrong ones stop the start.
 *
 * @param dataDir where the embedded PostgreSQL and the master key live
 * @param roles what this process does
 * @param tokenPrefix of new tokens' values; ends with an underscore
 * @param registration {@code closed}: administrators register accounts; {@code open}: everybody does
 * @param masterKey base64 of 32 bytes; absent: one is made in the data directory, for the embedded PostgreSQL only
 * @param previousMasterKey the one before it, while it is being replaced
 * @param adminEmail of the first administrator
 * @param adminPassword of the first administrator; absent: a random one, printed once
 * @param publicUrl where people reach the pages, for links in mails; absent: where a request reached them
 * @param mailFrom sender of mails
 * @param trustedProxies ranges of addresses in CIDR notation: what these say of where a request came from is believed
 *     ({@code X-Forwarded-For}, {@code X-Forwarded-Proto}); absent: nobody
 * @param leaks where reports of leaked tokens may come from
 * @param policy what is required of every token; absent: nothing
 * @param permissions that the product adds to the catalogue
 * @param webhooks where they may lead
 * @param checkpoints where the record's checkpoints are sent
 */
@ConfigurationProperties("keyledger")
public record KeyledgerSettings(
        Path dataDir,
        Set<String> roles,
        String tokenPrefix,
        String registration,
        @Nullable String masterKey,
        @Nullable String previousMasterKey,
        String adminEmail,
        @Nullable String adminPassword,
        @Nullable String publicUrl,
        @Nullable String mailFrom,
        @Nullable List<String> trustedProxies,
        @Nullable Leaks leaks,
        @DefaultValue Webhooks webhooks,
        @DefaultValue Checkpoints checkpoints,
        @Nullable Policy policy,
        @Nullable List<ProductPermission> permissions) {

    public KeyledgerSettings {
        for (var role : roles) {
            if (Stream.of(Role.values()).noneMatch(known -> known.name().equals(role.toUpperCase(Locale.ROOT)))) {
                throw new ConfigurationMistake(
                        "keyledger.roles (KEYLEDGER_ROLES) names an unknown role: " + role,
                        "Give command, query or both, separated by a comma.");
            }
        }
        if (!tokenPrefix.matches("[A-Za-z][A-Za-z0-9]{0,15}_")) {
            throw new ConfigurationMistake(
                    "keyledger.token-prefix (KEYLEDGER_TOKEN_PREFIX) is not a prefix: " + tokenPrefix,
                    "Give a letter, up to 15 letters or digits, and an underscore at the end, for example klt_");
        }
        if (!registration.equals("open") && !registration.equals("closed")) {
            throw new ConfigurationMistake(
                    "keyledger.registration (KEYLEDGER_REGISTRATION) is neither open nor closed: " + registration,
                    "Give closed (administrators register accounts) or open (everybody does).");
        }
        publicUrl = publicUrl == null || publicUrl.isBlank() ? null : publicUrl.strip();
        if (publicUrl != null && !isPublicUrl(publicUrl)) {
            throw new ConfigurationMistake(
                    "keyledger.public-url (KEYLEDGER_PUBLIC_URL) is not an address that links can begin with: "
                            + publicUrl,
                    "Give where people reach the pages, for example https://keyledger.example.org");
        }
        mailFrom = mailFrom == null || mailFrom.isBlank() ? null : mailFrom.strip();
        if (mailFrom != null && !isMailbox(mailFrom)) {
            throw new ConfigurationMistake(
                    "keyledger.mail-from (KEYLEDGER_MAIL_FROM) is not an address that mail can come from: " + mailFrom,
                    "Give one, for example Keyledger <keyledger@example.org>");
        }
        trustedProxies = trustedProxies == null ? List.of() : List.copyOf(trustedProxies);
        for (var range : trustedProxies) {
            if (AddressRange.parse(range).isEmpty()) {
                throw new ConfigurationMistake(
                        "keyledger.trusted-proxies (KEYLEDGER_TRUSTED_PROXIES) has what is no range of addresses: "
                                + range,
                        "Give ranges in CIDR notation, separated by commas, for example 10.0.0.0/8,2001:db8::/32");
            }
        }
        permissions = permissions == null ? List.of() : List.copyOf(permissions);
        permissions.forEach(ProductPermission::check);
    }

    private static boolean isPublicUrl(String text) {
        try {
            var uri = new URI(text);
            return ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))
                    && uri.getHost() != null
                    && uri.getRawUserInfo() == null
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static boolean isMailbox(String text) {
        try {
            var addresses = InternetAddress.parse(text, true);
            return addresses.length == 1
                    && !addresses[0].isGroup()
                    && addresses[0].getAddress().contains("@");
        } catch (AddressException e) {
            return false;
        }
    }

    public boolean hasRole(Role role) {
        return roles.stream().anyMatch(name -> name.equalsIgnoreCase(role.name()));
    }

    /**
     * Reports of leaked tokens.
     *
     * @param githubKeysUrl where GitHub publishes the keys that its secret scanning signs with; absent: its reports are
     *     not taken
     */
    public record Leaks(@Nullable URI githubKeysUrl) {

        public Leaks {
            if (githubKeysUrl != null
                    && !"https".equals(githubKeysUrl.getScheme())
                    && !"file".equals(githubKeysUrl.getScheme())) {
                throw new ConfigurationMistake(
                        "keyledger.leaks.github-keys-url (KEYLEDGER_LEAKS_GITHUBKEYSURL) is neither https nor a file: "
                                + githubKeysUrl,
                        "Give https://api.github.com/meta/public_keys/secret_scanning");
            }
        }
    }

    /**
     * Places outside that get every checkpoint of the record, so that who could alter the database cannot alter them.
     *
     * @param file to which each is added; absent: none
     * @param url to which each is posted, as {@code text/plain}; absent: none
     */
    public record Checkpoints(@Nullable Path file, @Nullable URI url) {

        public Checkpoints {
            if (file != null && !isInADirectory(file)) {
                throw new ConfigurationMistake(
                        "keyledger.checkpoints.file (KEYLEDGER_CHECKPOINTS_FILE) is in no directory that there is: "
                                + file,
                        "Give a file in a directory that the server may write to, best on another machine's disk.");
            }
            if (url != null
                    && !(("https".equals(url.getScheme()) || "http".equals(url.getScheme()))
                            && url.getHost() != null)) {
                throw new ConfigurationMistake(
                        "keyledger.checkpoints.url (KEYLEDGER_CHECKPOINTS_URL) is no address to post to.",
                        "Give one, for example https://witness.example.org/keyledger");
            }
        }

        private static boolean isInADirectory(Path file) {
            var directory = file.toAbsolutePath().getParent();
            return directory != null && Files.isDirectory(directory);
        }

        /** The address may be a secret. */
        @Override
        public String toString() {
            return "Checkpoints[file=" + file + "]";
        }
    }

    /** @param allowPrivateTargets whether webhooks may lead to private addresses, and to http */
    public record Webhooks(boolean allowPrivateTargets) {}
    /** What is required of every token. */
    public TokenPolicy tokenPolicy() {
        return policy == null ? new TokenPolicy(null, null) : new TokenPolicy(policy.maxLifetime, policy.maxUnused);
    }

    /**
     * A policy for tokens.
     *
     * @param maxLifetime the longest time from when a token's present value was made to its end; absent: none
     * @param maxUnused tokens that were not used for so long are revoked; absent: none are
     */
    public record Policy(
            @Nullable Duration maxLifetime, @Nullable Duration maxUnused) {

        public Policy {
            check("max-lifetime (KEYLEDGER_POLICY_MAXLIFETIME)", maxLifetime);
            check("max-unused (KEYLEDGER_POLICY_MAXUNUSED)", maxUnused);
        }

        private static void check(String name, @Nullable Duration time) {
            if (time != null && !TokenPolicy.isValid(time)) {
                throw new ConfigurationMistake(
                        "keyledger.policy.%s is shorter than a day or longer than 36500: %s".formatted(name, time),
                        "Give a number of days, for example 90d");
            }
        }
    }

    /** A permission of the product's own. */
    public record ProductPermission(
            @Nullable String name, @Nullable String description, boolean administratorsOnly) {

        private void check() {
            if (name == null || !Permission.isName(name)) {
                throw new ConfigurationMistake(
                        "keyledger.permissions has a permission without a good name: " + name,
                        "Give a name such as invoices:read: small letters, digits, dots, dashes, one colon.");
            }
            if (description == null || description.isBlank()) {
                throw new ConfigurationMistake(
                        "keyledger.permissions has no description for " + name,
                        "Say in one sentence what it allows; people read it when they tick it.");
            }
        }

        public Permission toPermission() {
            check();
            return new Permission(String.valueOf(name), String.valueOf(description), administratorsOnly);
        }
    }

    @Override
    public String toString() {
        return "KeyledgerSettings[roles=" + Arrays.toString(roles.toArray()) + ", dataDir=" + dataDir + "]";
    }
}
