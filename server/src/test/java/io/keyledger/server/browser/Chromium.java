package io.keyledger.server.browser;

import com.microsoft.playwright.BrowserType.LaunchOptions;
import io.keyledger.server.SystemProgram;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The system's own Chromium, or Chrome. Playwright never downloads the browsers of its own. */
final class Chromium {

    private static final SystemProgram PROGRAM = new SystemProgram(
            "The tests in a browser need Chromium, and there is none on PATH: install it (on Debian: apt-get install"
                    + " chromium), or leave these tests out: mvn verify -DexcludedGroups=browser",
            "chromium",
            List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
            List.of(
                    Path.of("/Applications/Chromium.app/Contents/MacOS/Chromium"),
                    Path.of("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")));

    private Chromium() {}

    static LaunchOptions launch() {
        var arguments = new ArrayList<>(List.of(
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-default-apps",
                // Neither a page nor Chromium itself gets anywhere but to this machine.
                "--no-proxy-server",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"));
        if (SystemProgram.isRoot()) {
            // Its sandbox refuses to run as root.
            arguments.add("--no-sandbox");
        }
        return new LaunchOptions()
                .setExecutablePath(PROGRAM.find())
                .setHeadless(true)
                .setArgs(arguments);
    }
}
