// A crawl through pages that link to one another: a task for each page, but never more than three fetches at once.

import static dev.tulip.Tulip.*;

import dev.tulip.loop.*;
import dev.tulip.sync.*;
import java.time.Duration;

Semaphore fetches = new Semaphore(3);
Set<String> seen = new HashSet<>();
int atOnce;
int atMost;

void main() {
    run(() -> crawl("/"));
    IO.println(seen.size() + " pages, at most " + atMost + " fetched at once");
}

void crawl(String page) {
    if (!seen.add(page)) {
        return;
    }
    List<String> links = fetches.withPermit(() -> fetch(page));
    List<Task<?>> tasks = new ArrayList<>();
    for (String link : links) {
        tasks.add(createTask(() -> crawl(link)));
    }
    tasks.forEach(Task::await);
}

List<String> fetch(String page) {
    atMost = Math.max(atMost, ++atOnce);
    sleep(Duration.ofMillis(20)); // as slow as a server
    atOnce--;
    return page.length() > 3 ? List.of("/") : List.of(page + "a", page + "b", "/");
}
