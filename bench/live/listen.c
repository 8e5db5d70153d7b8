/* listen PORT TOKENS COUNT SECONDS [QUERY]: opens COUNT streams of Server-Sent Events, with the tokens of the file in turn, reads for SECONDS from the moment when all are
   open, and says how many events came and how old they were: from the time within an event, which is taken before its transaction begins, to the moment when it was read
   here. One thread, because the server and its database have the same processors. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TAIL 64
#define BUCKETS 60000
static const char MARK[] = "\"at\":\"";
struct line { int fd; int kept; long events; char tail[TAIL]; };
static long ages[BUCKETS + 1];
static long total;

static double now_ms(void) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); return t.tv_sec * 1e3 + t.tv_nsec / 1e6; }

static double time_of(const char *text) {
  struct tm tm = {0}; int ms = 0;
  if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &ms) != 7) return 0;
  tm.tm_year -= 1900; tm.tm_mon -= 1;
  return timegm(&tm) * 1e3 + ms;
}

static void take(struct line *line, char *data, int length, double at) {
  char *from = data, *end = data + length, *found;
  while ((found = memmem(from, end - from, MARK, sizeof MARK - 1)) && found + sizeof MARK - 1 + 24 <= end) {
    double age = at - time_of(found + sizeof MARK - 1);
    ages[age < 0 ? 0 : age >= BUCKETS ? BUCKETS : (int)age]++;
    total++; line->events++;
    from = found + sizeof MARK;
  }
  int rest = end - from;
  line->kept = rest < TAIL ? rest : TAIL;
  memcpy(line->tail, end - line->kept, line->kept);
}

int main(int count_of, char **args) {
  if (count_of < 5) { fprintf(stderr, "listen PORT TOKENS COUNT SECONDS [QUERY]\n"); return 64; }
  int port = atoi(args[1]), count = atoi(args[3]); double seconds = atof(args[4]);
  const char *query = count_of > 5 ? args[5] : "";
  FILE *file = fopen(args[2], "r"); if (!file) { perror(args[2]); return 66; }
  char **tokens = calloc(100000, sizeof *tokens); int known = 0; char *text = NULL; size_t size = 0;
  while (known < 100000 && getline(&text, &size, file) > 0) { text[strcspn(text, "\r\n")] = 0; if (*text) tokens[known++] = strdup(text); }
  struct line *lines = calloc(count, sizeof *lines);
  int poll = epoll_create1(0); static char buffer[TAIL + 262144];
  for (int i = 0; i < count; i++) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof to)) { perror("connect"); return 69; }
    char request[4096];
    int length = snprintf(request, sizeof request, "GET /api/v1/stream%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n", query, tokens[i % known]);
    if (write(fd, request, length) != length) { perror("write"); return 69; }
    int got = read(fd, buffer, sizeof buffer);
    if (got < 15 || memcmp(buffer, "HTTP/1.1 200", 12)) { fprintf(stderr, "%.*s\n", got > 0 ? got : 0, buffer); return 70; }
    lines[i].fd = fd;
    take(&lines[i], buffer, got, now_ms());
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &lines[i]};
    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
  }
  printf("open %d\n", count); fflush(stdout);
  double begin = now_ms(); struct epoll_event events[256]; long cut = 0;
  while (now_ms() - begin < seconds * 1e3) {
    int ready = epoll_wait(poll, events, 256, 100);
    for (int i = 0; i < ready; i++) {
      struct line *line = events[i].data.ptr;
      memcpy(buffer, line->tail, line->kept);
      int got = read(line->fd, buffer + line->kept, sizeof buffer - TAIL);
      if (got <= 0) { epoll_ctl(poll, EPOLL_CTL_DEL, line->fd, NULL); close(line->fd); cut++; continue; }
      take(line, buffer, line->kept + got, now_ms());
    }
  }
  long least = -1, most = 0;
  for (int i = 0; i < count; i++) { if (least < 0 || lines[i].events < least) least = lines[i].events; if (lines[i].events > most) most = lines[i].events; }
  printf("events %ld each %ld..%ld cut %ld", total, least, most, cut);
  double marks[] = {0.5, 0.95, 0.99, 0.999, 1}; long sum = 0; int mark = 0;
  for (int age = 0; age <= BUCKETS && mark < 5 && total > 0; age++) {
    sum += ages[age];
    while (mark < 5 && sum >= marks[mark] * total) printf(" p%g=%dms", marks[mark++] * 100, age);
  }
  printf("\n");
  return 0;
}
