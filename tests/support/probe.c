/* The program that the tests start: it tells what it was given. Plain C, because the runtime
 * of any other language changes what is to be shown before `main` is reached.
 *
 *   probe state            everything that a process inherits, one line each
 *   probe signals          "ready", then a line for every signal; ends at signal 64
 *   probe die SIGNAL       is killed by this signal
 *   probe orphans COUNT    starts so many grandchildren and leaves them to process 1
 *   probe with STATE ...   puts itself into a state and executes the rest
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what) {
    perror(what);
    exit(99);
}

static void print_file(const char *path, const char *const *prefixes) {
    char line[4096];
    FILE *file = fopen(path, "re");
    if (!file) return;
    while (fgets(line, sizeof line, file)) {
        for (const char *const *prefix = prefixes; *prefix; prefix++)
            if (!strncmp(line, *prefix, strlen(*prefix))) printf("%s: %s", path, line);
    }
    fclose(file);
}

static void print_link(const char *path) {
    char target[4096];
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0) return;
    target[length] = 0;
    printf("%s: %s\n", path, target);
}

static void print_descriptors(void) {
    DIR *dir = opendir("/proc/self/fd");
    if (!dir) fail("/proc/self/fd");
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[64], target[4096];
        int fd = atoi(entry->d_name);
        if (entry->d_name[0] == '.' || fd == dirfd(dir)) continue;
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(path, target, sizeof target - 1);
        struct stat info;
        if (length < 0 || fstat(fd, &info)) continue;
        target[length] = 0;
        printf("descriptor %d: %s inode %llu flags %x close-on-exec %d offset %lld terminal %d\n", fd, target,
               (unsigned long long)info.st_ino, fcntl(fd, F_GETFL), fcntl(fd, F_GETFD),
               (long long)lseek(fd, 0, SEEK_CUR), isatty(fd));
    }
    closedir(dir);
}

static int state(int argc, char **argv, char **environment) {
    static const char *const status[] = {"Name:", "Umask:", "TracerPid:", "Uid:", "Gid:", "Groups:", "SigPnd:",
        "ShdPnd:", "SigBlk:", "SigIgn:", "SigCgt:", "Cap", "NoNewPrivs:", "Seccomp:", "Cpus_allowed:", "Mems_allowed:",
        "CoreDumping:", "Threads:", NULL};
    static const char *const any[] = {"", NULL};
    /* The first printf must not be buffered into a descriptor that is not there. */
    FILE *out = getenv("PROBE_OUT") ? freopen(getenv("PROBE_OUT"), "we", stdout) : stdout;
    if (!out) return 98;
    for (int i = 0; i < argc; i++) printf("argument %d: %s\n", i, argv[i]);
    for (char **entry = environment; *entry; entry++) printf("environment: %s\n", *entry);
    print_file("/proc/self/status", status);
    print_file("/proc/self/limits", any);
    print_file("/proc/self/oom_score_adj", any);
    print_file("/proc/self/timerslack_ns", any);
    print_file("/proc/self/cgroup", any);
    print_file("/proc/self/coredump_filter", any);
    print_file("/proc/self/personality", any);
    print_link("/proc/self/cwd");
    print_link("/proc/self/root");
    print_link("/proc/self/ns/pid");
    printf("nice: %d\n", getpriority(PRIO_PROCESS, 0));
    printf("scheduler: %d\n", sched_getscheduler(0));
    printf("io priority: %ld\n", syscall(SYS_ioprio_get, 1, 0));
    printf("group: %d\n", getpgrp());
    printf("session: %d\n", getsid(0));
    int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    printf("terminal: %d foreground %d\n", terminal >= 0, terminal >= 0 ? tcgetpgrp(terminal) : -1);
    if (terminal >= 0) close(terminal);
    printf("dumpable: %d\n", prctl(PR_GET_DUMPABLE));
    printf("keep capabilities: %d\n", prctl(PR_GET_KEEPCAPS));
    printf("secure bits: %d\n", prctl(PR_GET_SECUREBITS));
    printf("subreaper: %d\n", (prctl(PR_GET_CHILD_SUBREAPER, &argc), argc));
    int death = 0;
    prctl(PR_GET_PDEATHSIG, &death);
    printf("parent death signal: %d\n", death);
    print_descriptors();
    return fflush(stdout) ? 97 : 0;
}

static int signals(void) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("ready %d\n", getpid());
    for (;;) {
        siginfo_t info;
        int number = sigwaitinfo(&all, &info);
        if (number < 0) continue;
        printf("signal %d value %d\n", number, info.si_code == SI_QUEUE ? info.si_value.sival_int : 0);
        if (number == 64) return 0;
    }
}

static int die(int number) {
    signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    kill(getpid(), number);
    return 96;
}

static int orphans(int count) {
    for (int i = 0; i < count; i++) {
        pid_t child = fork();
        if (child < 0) fail("fork");
        if (child == 0) {
            fork();
            _exit(0);
        };
        waitpid(child, NULL, 0);
    }
    return 0;
}

static void limit(int resource, rlim_t soft, rlim_t hard) {
    struct rlimit limit = {soft, hard};
    if (setrlimit(resource, &limit)) fail("setrlimit");
}

static void block(unsigned long long set) {
    /* The C library hides 32 and 33. */
    if (syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, sizeof set)) fail("rt_sigprocmask");
}

static void enter(const char *name) {
    if (!strcmp(name, "plain")) return;
    if (!strcmp(name, "nohup")) {
        signal(SIGHUP, SIG_IGN);
    } else if (!strcmp(name, "blocked")) {
        block(1ull << (SIGUSR2 - 1) | 1ull << (SIGTERM - 1) | 1ull << 32 | 1ull << 63);
    } else if (!strcmp(name, "ignored")) {
        signal(SIGPIPE, SIG_IGN);
        signal(SIGCHLD, SIG_IGN);
        signal(SIGINT, SIG_IGN);
        signal(SIGTSTP, SIG_IGN);
        signal(40, SIG_IGN);
    } else if (!strcmp(name, "limited")) {
        limit(RLIMIT_NOFILE, 64, 100);
        limit(RLIMIT_CORE, 4096, 8192);
        limit(RLIMIT_FSIZE, 1 << 20, 1 << 21);
        limit(RLIMIT_STACK, 1 << 20, 1 << 22);
        limit(RLIMIT_CPU, 50, 60);
        umask(0137);
        if (setpriority(PRIO_PROCESS, 0, 5)) fail("setpriority");
        cpu_set_t first;
        CPU_ZERO(&first);
        CPU_SET(0, &first);
        if (sched_setaffinity(0, sizeof first, &first)) fail("sched_setaffinity");
        int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
        if (score < 0 || write(score, "500", 3) != 3) fail("oom_score_adj");
        close(score);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("no_new_privs");
        if (chdir("/usr")) fail("chdir");
    } else if (!strcmp(name, "descriptors")) {
        int file = open("/proc/version", O_RDONLY);
        char bytes[7];
        if (read(file, bytes, sizeof bytes) != sizeof bytes) fail("read");
        int ends[2];
        if (dup2(file, 7) < 0 || dup2(file, 9) < 0 || pipe(ends) || dup2(ends[1], 50) < 0) fail("dup2");
        close(0);
    } else if (!strcmp(name, "closed")) {
        close(0);
        close(1);
        close(2);
    } else {
        fprintf(stderr, "unknown state %s\n", name);
        exit(99);
    }
}

int main(int argc, char **argv, char **environment) {
    const char *mode = argc > 1 ? argv[1] : "";
    if (!strcmp(mode, "state")) return state(argc, argv, environment);
    if (!strcmp(mode, "signals")) return signals();
    if (!strcmp(mode, "die") && argc > 2) return die(atoi(argv[2]));
    if (!strcmp(mode, "orphans") && argc > 2) return orphans(atoi(argv[2]));
    if (!strcmp(mode, "with") && argc > 3) {
        enter(argv[2]);
        execvp(argv[3], argv + 3);
        fail(argv[3]);
    }
    fprintf(stderr, "probe: state | signals | die SIGNAL | orphans COUNT | with STATE COMMAND\n");
    return 99;
}
