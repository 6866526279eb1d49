package io.keyledger.server.pages;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.audit.AuditEvent;
import io.keyledger.api.audit.AuditEvent.Actor;
import io.keyledger.api.audit.AuditEvent.AuditOrigin;
import io.keyledger.api.audit.AuditEvent.Target;
import io.keyledger.server.pages.Parts.Part;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.context.support.ResourceBundleMessageSource;

/** Who did what, as it reads to each who may read it. */
class SentencesTest {

    private static final String ADA = "acc_Ada";
    private static final String BOB = "acc_Bob";
    private static final String CAROL = "acc_Carol";
    private static final Target TOKEN = new Target("token", "tok_ci", "ci");
    private static final ResourceBundleMessageSource MESSAGES = messages();

    private static ResourceBundleMessageSource messages() {
        var messages = new ResourceBundleMessageSource();
        messages.setBasename("messages");
        messages.setDefaultEncoding("UTF-8");
        messages.setFallbackToSystemLocale(false);
        return messages;
    }

    private static Actor account(String id, @Nullable String name) {
        return new Actor(Actor.Type.ACCOUNT, id, null, name);
    }

    private static Actor token(String id, @Nullable String name) {
        return new Actor(Actor.Type.TOKEN, ADA, id, name);
    }

    private static Actor nobody(Actor.Type type) {
        return new Actor(type, null, null, null);
    }

    private static AuditEvent event(String type, Actor actor, Target target, Map<String, @Nullable Object> details) {
        return new AuditEvent(
                "id", 1, type, Instant.EPOCH, actor, target, new AuditOrigin(null, null), "correlation", details);
    }

    private static String says(Locale locale, String reader, AuditEvent event) {
        return Parts.of(MESSAGES.getMessage(Sentences.of(event, reader), locale)).stream()
                .map(part -> part.name() ? "<" + part.text() + ">" : part.text())
                .collect(Collectors.joining());
    }

    private static String says(String reader, String type, Actor actor, Target target) {
        return says(Locale.ENGLISH, reader, event(type, actor, target, Map.of()));
    }

    @Test
    void what_happened_to_an_account_reads_from_where_the_reader_stands() {
        var bob = new Target("account", BOB, "Bob");
        assertThat(says(ADA, "account.disabled", account(ADA, "Ada"), bob))
                .isEqualTo("You disabled the account of <Bob>");
        assertThat(says(BOB, "account.disabled", account(ADA, "Ada"), bob)).isEqualTo("<Ada> disabled your account");
        assertThat(says(CAROL, "account.disabled", account(ADA, "Ada"), bob))
                .isEqualTo("<Ada> disabled the account of <Bob>");
        assertThat(says(BOB, "account.signed-in", account(BOB, "Bob"), bob)).isEqualTo("You signed in");
        assertThat(says(ADA, "account.signed-in", account(BOB, "Bob"), bob)).isEqualTo("<Bob> signed in");
    }

    @Test
    void what_happened_to_a_token_says_who_or_which_token_did_it() {
        assertThat(says(ADA, "token.revoked", account(ADA, "Ada"), TOKEN)).isEqualTo("You deleted the token “<ci>”");
        assertThat(says(BOB, "token.revoked", account(ADA, "Ada"), TOKEN)).isEqualTo("<Ada> deleted the token “<ci>”");
        assertThat(says(ADA, "token.revoked", token("tok_deploy", "deploy"), TOKEN))
                .isEqualTo("The token “<deploy>” deleted the token “<ci>”");
        assertThat(says(ADA, "token.revoked", token("tok_ci", "ci"), TOKEN))
                .isEqualTo("The token “<ci>” deleted itself");
        assertThat(says(ADA, "token.expired", nobody(Actor.Type.SYSTEM), TOKEN)).isEqualTo("The token “<ci>” expired");
    }

    @Test
    void a_token_is_called_as_it_was_called_then() {
        var details = new HashMap<String, @Nullable Object>();
        details.put("name", "first");
        assertThat(says(Locale.ENGLISH, ADA, event("token.created", account(ADA, "Ada"), TOKEN, details)))
                .isEqualTo("You created the token “<first>”");
        details.put("name", Map.of("before", "first", "after", "second"));
        assertThat(says(Locale.ENGLISH, ADA, event("token.renamed", account(ADA, "Ada"), TOKEN, details)))
                .isEqualTo("You renamed the token “<first>” to “<second>”");
    }

    @Test
    void whoever_is_not_known_is_somebody() {
        var ada = new Target("account", ADA, "Ada");
        var somebody = nobody(Actor.Type.ANONYMOUS);
        assertThat(says(ADA, "account.sign-in-failed", somebody, ada))
                .isEqualTo("Somebody tried to sign in as you with a wrong password");
        assertThat(says(ADA, "account.registered", nobody(Actor.Type.SYSTEM), ada))
                .isEqualTo("Keyledger created your account");
        assertThat(says(ADA, "account.password-reset", somebody, ada))
                .isEqualTo("Your password was set through a link");
        // Registration is open: it was them.
        assertThat(says(ADA, "account.registered", somebody, ada)).isEqualTo("You created your account");
        assertThat(says(BOB, "account.registered", somebody, ada)).isEqualTo("<Ada> created their own account");
    }

    @Test
    void names_that_are_gone_are_said_to_be() {
        assertThat(says(BOB, "account.enabled", account(ADA, null), new Target("account", CAROL, null)))
                .isEqualTo("An unknown person enabled the account of an unknown person");
        assertThat(says(ADA, "token.revoked", token("tok_deploy", null), new Target("token", "tok_ci", null)))
                .isEqualTo("A token whose name is no longer known deleted a token whose name is no longer known");
        var erased = new HashMap<String, @Nullable Object>();
        erased.put("name", Map.of("before", "erased", "after", "erased"));
        assertThat(says(Locale.GERMAN, ADA, event("token.renamed", account(ADA, "Ada"), TOKEN, erased)))
                .isEqualTo("Du hast das Token „gelöscht“ in „gelöscht“ umbenannt");
        erased.put("name", "erased");
        assertThat(says(Locale.ENGLISH, ADA, event("token.created", account(ADA, "Ada"), TOKEN, erased)))
                .isEqualTo("You created the token “<ci>”");
    }

    @Test
    void it_is_said_in_the_readers_language() {
        assertThat(says(Locale.GERMAN, BOB, event("token.revoked", account(ADA, "Ada"), TOKEN, Map.of())))
                .isEqualTo("<Ada> hat das Token „<ci>“ gelöscht");
    }

    @Test
    void a_kind_that_is_newer_than_the_texts_is_shown_by_its_name() {
        assertThat(says(ADA, "token.polished", account(ADA, "Ada"), TOKEN)).isEqualTo("token.polished");
    }

    @Test
    void a_name_cannot_look_like_a_sentence() {
        var name = "x” and deleted the account of “Bob'{0}{'";
        assertThat(Parts.of(MESSAGES.getMessage(
                        Sentences.of(
                                event("token.revoked", account(ADA, "Ada"), new Target("token", "t", name), Map.of()),
                                ADA),
                        Locale.ENGLISH)))
                .containsExactly(
                        new Part("You deleted the token “", false), new Part(name, true), new Part("”", false));
        // Nor can it pretend to end.
        assertThat(Parts.of(Parts.mark("a\uE001 b"))).containsExactly(new Part("a  b", true));
    }
}
