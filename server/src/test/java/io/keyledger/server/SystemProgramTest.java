package io.keyledger.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Where a program comes from that tests run, with an apt-get that is a few lines of shell. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "there is no apt-get, nor a shell")
class SystemProgramTest {

    private static final String ONE_SENTENCE = "These tests need a browser, and there is none on PATH.";

    @TempDir
    private Path bin;

    @Test
    void one_that_is_there_is_used_and_nothing_installed() throws IOException {
        script("apt-get", "touch \"$(dirname \"$0\")/was-called\"");
        var chrome = script("google-chrome", "");
        assertThat(find(true)).isEqualTo(chrome);
        var chromium = script("chromium", "");
        assertThat(find(true)).isEqualTo(chromium);
        assertThat(bin.resolve("was-called")).doesNotExist();
    }

    @Test
    void an_application_outside_of_the_path_is_found() throws IOException {
        var application = script("Google Chrome", "");
        assertThat(browser(List.of(application)).find(List.of(), false)).isEqualTo(application);
    }

    @Test
    void root_installs_it_where_there_is_apt_get() throws IOException {
        script("apt-get", """
            cd "$(dirname "$0")"
            echo "$DEBIAN_FRONTEND $SYSTEMD_OFFLINE $*" >> said
            if [ "$1" = install ]; then echo > chromium; chmod +x chromium; fi
            """);
        assertThat(find(true)).isEqualTo(bin.resolve("chromium"));
        assertThat(bin.resolve("said")).hasContent("""
            noninteractive 1 update
            noninteractive 1 install -y --no-install-recommends chromium
            """);
    }

    @Test
    void what_apt_get_said_is_told_when_it_fails() throws IOException {
        script("apt-get", "echo E: no such mirror >&2; exit 100");
        assertThatIllegalStateException()
                .isThrownBy(() -> find(true))
                .withMessage(ONE_SENTENCE + "\napt-get was tried:\nE: no such mirror\n");
    }

    @Test
    void one_sentence_says_what_is_missing() throws IOException {
        assertThatIllegalStateException().isThrownBy(() -> find(true)).withMessage(ONE_SENTENCE);
        script("apt-get", "touch \"$(dirname \"$0\")/was-called\"");
        assertThatIllegalStateException().isThrownBy(() -> find(false)).withMessage(ONE_SENTENCE);
        assertThat(bin.resolve("was-called")).doesNotExist();
    }

    private Path find(boolean root) {
        return browser(List.of()).find(List.of(bin), root);
    }

    private static SystemProgram browser(List<Path> elsewhere) {
        return new SystemProgram(ONE_SENTENCE, "chromium", List.of("chromium", "google-chrome"), elsewhere);
    }

    private Path script(String name, String text) throws IOException {
        return Files.setPosixFilePermissions(
                Files.writeString(bin.resolve(name), "#!/bin/sh\n" + text),
                PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
