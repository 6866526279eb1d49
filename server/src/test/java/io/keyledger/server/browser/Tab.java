package io.keyledger.server.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.RequestOptions;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.People.Person;
import io.keyledger.server.journey.ServerProcess;
import java.util.Map;

/** A tab of a browser. What is said here again and again has a method; for the rest there is Playwright's page. */
final class Tab {

    private final Page page;
    private final Troubles troubles;
    private final boolean javaScript;

    Tab(Page page, Troubles troubles, boolean javaScript) {
        this.page = page;
        this.troubles = troubles;
        this.javaScript = javaScript;
    }

    Page page() {
        return page;
    }

    Troubles troubles() {
        return troubles;
    }

    boolean hasJavaScript() {
        return javaScript;
    }

    /** @param path from the server's root */
    Tab open(String path) {
        page.navigate(path);
        return this;
    }

    /** Another one in the same session. */
    Tab another() {
        return new Tab(page.context().newPage(), troubles, javaScript);
    }

    /** Without the page for it: all other pages' tests begin so. */
    Tab signIn(Person person) {
        return signIn(person.email(), People.PASSWORD);
    }

    /** As the first administrator. */
    Tab signInAsAdministrator() {
        return signIn(ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);
    }

    Tab signIn(String email, String password) {
        var answer = page.context()
                .request()
                .post("/api/session", RequestOptions.create().setData(Map.of("email", email, "password", password)));
        assertThat(answer.status()).as(answer.text()).isEqualTo(204);
        return this;
    }

    /**
     * Something that is wrong on any other day belongs to this test: it does not fail for it, but for its absence.
     *
     * @param trouble a regular expression that is found in what {@link Troubles} would say: {@code "answered 404"}
     */
    Tab expecting(String trouble) {
        troubles.expect(trouble);
        return this;
    }

    /** What Paste would paste. */
    String clipboard() {
        return (String) page.evaluate("() => navigator.clipboard.readText()");
    }
}
