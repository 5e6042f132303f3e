package shop;

import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@RestController
public class Shop {
    private static final Logger LOG = LoggerFactory.getLogger(Shop.class);

    public static void main(String[] arguments) {
        SpringApplication.run(Shop.class, arguments);
    }

    @GetMapping("/")
    Map<String, String> root() {
        return Map.of("hello", "world");
    }

    @GetMapping("/items/{id}")
    Map<String, Integer> item(@PathVariable int id) {
        if (id > 99) {
            throw new IllegalArgumentException("no item " + id);
        }
        LOG.info("item {} was asked for", id);
        return Map.of("item", id);
    }
}
