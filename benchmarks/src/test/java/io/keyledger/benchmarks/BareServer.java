package io.keyledger.benchmarks;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.nio.file.Files;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.tomcat.util.threads.VirtualThreadExecutor;

/** The least that the same connector can do: 204 from Tomcat on virtual threads. What others are compared with. */
final class BareServer {

    private BareServer() {}

    private static final class Empty extends HttpServlet {
        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) {
            response.setStatus(HttpServletResponse.SC_NO_CONTENT);
        }
    }

    /** Prints its port when it serves, and goes on until it is killed. */
    public static void main(String[] arguments) throws Exception {
        var tomcat = new Tomcat();
        tomcat.setBaseDir(Files.createTempDirectory("bare").toString());
        var connector = new Connector(Http11NioProtocol.class.getName());
        connector.setPort(0);
        connector.getProtocolHandler().setExecutor(new VirtualThreadExecutor("bare-"));
        tomcat.setConnector(connector);
        var context = tomcat.addContext("", null);
        Tomcat.addServlet(context, "empty", new Empty());
        context.addServletMappingDecoded("/", "empty");
        tomcat.start();
        System.out.println("bare server is ready: http://127.0.0.1:" + connector.getLocalPort());
        tomcat.getServer().await();
    }
}
