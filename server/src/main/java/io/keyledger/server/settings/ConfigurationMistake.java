package io.keyledger.server.settings;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalysisReporter;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** A setting with which the server cannot start: says which one, and what is expected. */
public final class ConfigurationMistake extends RuntimeException {

    private final String expected;

    /**
     * @param fact what is wrong, with the setting's name and never a secret
     * @param expected what to do
     */
    public ConfigurationMistake(String fact, String expected) {
        super(fact);
        this.expected = expected;
    }

    public String expected() {
        return expected;
    }

    /** Prints the mistake instead of a stack trace. */
    @Order(Ordered.HIGHEST_PRECEDENCE)
    static final class Analyzer extends AbstractFailureAnalyzer<ConfigurationMistake> {

        @Override
        protected FailureAnalysis analyze(Throwable rootFailure, ConfigurationMistake cause) {
            return new FailureAnalysis(String.valueOf(cause.getMessage()), cause.expected(), cause);
        }
    }

    /** Spring Boot says the same, without the setting's name. */
    @Order(Ordered.HIGHEST_PRECEDENCE)
    static final class PortAnalyzer extends AbstractFailureAnalyzer<PortInUseException> {

        @Override
        protected FailureAnalysis analyze(Throwable rootFailure, PortInUseException cause) {
            return new FailureAnalysis(
                    "server.port (SERVER_PORT) is " + cause.getPort() + ", which is in use.",
                    "Stop the process that listens there, or give another port.",
                    cause);
        }
    }

    /** For whoever reads the log of a start that failed: what is wrong, and what to do. */
    static final class Reporter implements FailureAnalysisReporter {

        private static final Logger LOG = LoggerFactory.getLogger(ConfigurationMistake.class);

        @Override
        public void report(FailureAnalysis analysis) {
            LOG.error("The server cannot start: {} {}", analysis.getDescription(), analysis.getAction());
        }
    }
}
