package dev.tulip.loop;

/** When {@code wait} returns. */
public enum ReturnWhen {
    /** When one future is done, however it ended. */
    FIRST_COMPLETED,

    /** When one future has failed, or all are done. A cancelled one has not failed. */
    FIRST_EXCEPTION,

    /** When all futures are done, however they ended. */
    ALL_COMPLETED
}
