-- The tables that statements are run on, as SQLite reads them; for the other engines sqlglot translates them.
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, name VARCHAR(60) NOT NULL, email VARCHAR(60), phone VARCHAR(30), country VARCHAR(2),
    city VARCHAR(40), signup_date DATE, segment VARCHAR(20), password_hash VARCHAR(60)
);
CREATE TABLE products (
    id INTEGER PRIMARY KEY, name VARCHAR(60) NOT NULL, category VARCHAR(40), price DECIMAL(10, 2), cost DECIMAL(10, 2),
    stock INTEGER, attributes VARCHAR(200)
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER, order_date DATE, status VARCHAR(20), total DECIMAL(10, 2),
    discount DECIMAL(10, 2), shipped_at DATE, FOREIGN KEY (customer_id) REFERENCES customers (id)
);
CREATE TABLE order_items (
    id INTEGER PRIMARY KEY, order_id INTEGER, product_id INTEGER, quantity INTEGER, unit_price DECIMAL(10, 2),
    FOREIGN KEY (order_id) REFERENCES orders (id), FOREIGN KEY (product_id) REFERENCES products (id)
);
CREATE TABLE employees (
    id INTEGER PRIMARY KEY, name VARCHAR(60) NOT NULL, department VARCHAR(20), salary DECIMAL(10, 2),
    manager_id INTEGER, hired_on DATE
);
CREATE TABLE events (
    id INTEGER PRIMARY KEY, customer_id INTEGER, kind VARCHAR(20), happened_at TIMESTAMP, payload VARCHAR(200)
);
CREATE TABLE audit_log (id INTEGER PRIMARY KEY, actor VARCHAR(40), action VARCHAR(40), at TIMESTAMP);
CREATE TABLE "order details" (
    id INTEGER PRIMARY KEY, "drop table" VARCHAR(20), "update" VARCHAR(20), "delete" VARCHAR(20), "select" VARCHAR(20)
);
CREATE TABLE secrets (id INTEGER PRIMARY KEY, api_key VARCHAR(60));

INSERT INTO customers VALUES
    (1, 'Ann Able', 'ann@example.org', '+49-1', 'DE', 'Berlin', '2024-01-02', 'retail', 'h1'),
    (2, 'Bob', 'bob@example.org', NULL, 'FR', 'Paris', '2024-02-03', 'retail', 'h2'),
    (3, 'Cy', NULL, '1', 'DE', 'Bonn', '2024-02-03', 'trade', 'h3'),
    (4, 'Di', 'ann@example.org', '2', 'US', NULL, '2023-01-01', NULL, 'h4');
INSERT INTO products VALUES
    (1, 'Ball', 'toys', 5.5, 2, 10, '{"size": 1}'), (2, 'Novel', 'books', 20, 8, 3, '{}'),
    (3, 'Atlas', 'books', 55, 30, 0, NULL), (4, 'Kite', 'toys', 12.25, 5, 7, '{}');
INSERT INTO orders VALUES
    (1, 1, '2024-01-05', 'paid', 120.5, 0, '2024-01-07'), (2, 1, '2024-02-05', 'new', 20, 5, NULL),
    (3, 2, '2024-02-09', 'paid', 60, 0, '2024-02-20'), (4, 3, '2023-12-31', 'shipped', 5, 1, '2024-01-03');
INSERT INTO order_items VALUES (1, 1, 1, 2, 5.5), (2, 1, 3, 1, 55), (3, 2, 4, 1, 12), (4, 3, 2, 3, 20);
INSERT INTO employees VALUES
    (1, 'Eve', 'it', 9000, NULL, '2020-01-01'), (2, 'Fay', 'it', 6000, 1, '2021-01-01'),
    (3, 'Gus', 'hr', 4000, 1, '2022-01-01'), (4, 'Hal', 'hr', 2500, 3, '2023-01-01');
INSERT INTO events VALUES
    (1, 1, 'delete', '2024-01-01 10:00:00', '{"page": 1, "tags": ["a", "b"]}'),
    (2, 2, 'view', '2024-01-02 11:30:00', '{"page": 2, "tags": []}');
INSERT INTO audit_log VALUES (1, 'x', 'y', '2024-01-01 00:00:00');
INSERT INTO "order details" VALUES (1, 'p', 'q', 'r', 's');
INSERT INTO secrets VALUES (1, 'k-123');

CREATE VIEW v_sales AS
    SELECT o.order_date AS day, p.category AS category, SUM(i.quantity * i.unit_price) AS revenue
    FROM orders AS o JOIN order_items AS i ON i.order_id = o.id JOIN products AS p ON p.id = i.product_id
    GROUP BY o.order_date, p.category;
