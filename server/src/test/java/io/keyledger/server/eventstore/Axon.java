package io.keyledger.server.eventstore;

import java.util.List;
import javax.sql.DataSource;
import org.axonframework.common.jdbc.ConnectionProvider;
import org.axonframework.common.transaction.TransactionManager;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.upcasting.event.NoOpEventUpcaster;
import org.axonframework.spring.jdbc.SpringDataSourceConnectionProvider;
import org.axonframework.spring.messaging.unitofwork.SpringTransactionManager;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;

/** Axon's parts over a test database, put together as the server does. */
final class Axon {

    final ConnectionProvider connections;
    final TransactionManager transactions;
    final Serializer events = new EventSerializer(List.of(SampleHappened.class, SampleIgnored.class));

    Axon(DataSource database) {
        connections = new SpringDataSourceConnectionProvider(database);
        transactions = new SpringTransactionManager(new DataSourceTransactionManager(database));
    }

    PostgresEventStorageEngine engine(int batchSize) {
        return new PostgresEventStorageEngine(connections, transactions, events, NoOpEventUpcaster.INSTANCE, batchSize);
    }
}
